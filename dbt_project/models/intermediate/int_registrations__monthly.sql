-- Registrations by current province of residence and occupation wished first: new ones by month of registration,
-- placements by month of the status, and by how much the valid registrations grew or shrank in a month.
with

registrations as (
    select
        spells.reg_date,
        spells.ended_on,
        spells.status,
        spells.status_date,
        spells.occupation_group as occupation_code,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        coalesce(sidos.weight, 1) as weight
    from {{ ref('fct_registration_spells') }} as spells
    left join {{ ref('int_sidos__current') }} as sidos on spells.region_code = sidos.region_code
),

counted as (
    select
        {{ month_of('reg_date') }} as month_date,
        region_code,
        occupation_code,
        weight as registrations_new,
        0 as placements,
        weight as registrations_open_change,
        -- registered in this month and still valid at its end
        case
            when ended_on is null or {{ month_of('ended_on') }} > {{ month_of('reg_date') }} then weight
            else 0
        end as registrations_open_new
    from registrations
    union all
    select
        {{ month_of('status_date') }} as month_date,
        region_code,
        occupation_code,
        0 as registrations_new,
        weight as placements,
        0 as registrations_open_change,
        0 as registrations_open_new
    from registrations
    where status = 'EMPLOYED'
    union all
    select
        {{ month_of('greatest(ended_on, reg_date)') }} as month_date,
        region_code,
        occupation_code,
        0 as registrations_new,
        0 as placements,
        -weight as registrations_open_change,
        0 as registrations_open_new
    from registrations
    where ended_on is not null
),

monthly as (
    select
        month_date,
        region_code,
        occupation_code,
        cast(sum(registrations_new) as decimal(18, 4)) as registrations_new,
        cast(sum(placements) as decimal(18, 4)) as placements,
        cast(sum(registrations_open_change) as decimal(18, 4)) as registrations_open_change,
        cast(sum(registrations_open_new) as decimal(18, 4)) as registrations_open_new
    from counted
    group by month_date, region_code, occupation_code
)

select * from monthly
