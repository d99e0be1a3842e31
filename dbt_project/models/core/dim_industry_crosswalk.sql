-- Providers say which code leads to which, not how much of it: a code that was split goes to its successors in equal
-- parts. The parts of a code sum to one exactly; the first takes what rounding leaves.
with

links as (
    {{ union_providers('industry_crosswalks') }}
),

numbered as (
    select
        *,
        count(*) over (partition by industry_scheme, from_version, from_code) as successors,
        row_number() over (partition by industry_scheme, from_version, from_code order by to_version, to_code)
            as successor_no
    from links
),

weighted as (
    select
        * exclude (successors, successor_no),
        cast(floor(100000000 / successors) / 100000000 as decimal(18, 8))
        + case
            when successor_no = 1
                then 1 - successors * cast(floor(100000000 / successors) / 100000000 as decimal(18, 8))
            else 0
        end as weight,
        case when successors = 1 then 'whole' else 'equal_parts' end as weight_basis
    from numbered
)

select
    * exclude (weight),
    cast(weight as decimal(18, 8)) as weight
from weighted
