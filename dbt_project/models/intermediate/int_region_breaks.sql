-- Days on which a province got its number or its extent: series by province are carried over these by the crosswalk,
-- which keeps the national total, and are marked there.
with

changes as (
    select distinct
        left(from_code, 2) as from_sido,
        left(to_code, 2) as to_sido,
        valid_from as break_date
    from {{ ref('region_crosswalk') }}
    where left(from_code, 2) <> left(to_code, 2) and valid_from <= {{ as_of() }}
),

-- a province that goes on after it gave a part away
sidos as (
    select sido_code from {{ ref('sidos') }}
    where coalesce(valid_to >= {{ as_of() }}, true)
),

described as (
    select
        changes.*,
        sidos.sido_code is not null as goes_on,
        count(*) over (partition by changes.to_sido, changes.break_date) as sources
    from changes
    left join sidos on changes.from_sido = sidos.sido_code
),

breaks as (
    select
        to_sido as region_code,
        break_date,
        case
            when goes_on then 'BOUNDARY_CHANGED'
            when sources > 1 then 'PROVINCES_MERGED'
            else 'PROVINCE_RENUMBERED'
        end as break_reason
    from described
    union all
    select
        from_sido as region_code,
        break_date,
        'BOUNDARY_CHANGED' as break_reason
    from described
    where goes_on
)

select
    region_code,
    break_date,
    min(break_reason) as break_reason
from breaks
group by region_code, break_date
