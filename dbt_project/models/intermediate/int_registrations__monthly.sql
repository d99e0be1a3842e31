-- New registrations by month of registration and placements by month of the status, by current province of residence
-- and occupation wished first.
with

registrations as (
    select * from {{ ref('fct_registration_spells') }}
),

counted as (
    select
        {{ month_of('reg_date') }} as month_date,
        region_code,
        occupation_group,
        1 as registrations_new,
        0 as placements
    from registrations
    union all
    select
        {{ month_of('status_date') }} as month_date,
        region_code,
        occupation_group,
        0 as registrations_new,
        1 as placements
    from registrations
    where status = 'EMPLOYED'
),

monthly as (
    select
        counted.month_date,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        counted.occupation_group as occupation_code,
        cast(sum(counted.registrations_new * coalesce(sidos.weight, 1)) as decimal(18, 4)) as registrations_new,
        cast(sum(counted.placements * coalesce(sidos.weight, 1)) as decimal(18, 4)) as placements
    from counted
    left join {{ ref('int_sidos__current') }} as sidos on counted.region_code = sidos.region_code
    group by 1, 2, 3
)

select * from monthly
