-- District code at any date -> province in force on the working day. Unknown districts are kept by the users as '_U'.
with

sidos as (
    select
        region_code,
        current_sido_code,
        sum(weight) as weight
    from {{ ref('int_regions__current') }}
    group by region_code, current_sido_code
)

select * from sidos
