-- New openings by occupation and market in each of the 24 whole months before the working day; a month without any
-- vacancy is a zero. Where no vacancy of an occupation states its openings they are unknown, not zero.
with

bounds as (
    select
        {{ add_months(month_of(as_of()), -24) }} as first_month,
        {{ add_months(month_of(as_of()), -1) }} as last_month
),

months as (
    {{ month_series('first_month', 'last_month', 'bounds') }}
),

occupations as (
    select
        {{ occupation_keys() | join(", ") }},
        count(openings) > 0 as states_openings
    from {{ ref('int_occupation_vacancies') }}
    group by {{ occupation_keys() | join(", ") }}
),

monthly as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_code,
        month_date,
        sum(openings) as openings_new,
        count(*) as vacancies_new
    from {{ ref('int_occupation_vacancies') }}
    group by scope, country, occupation_scheme, occupation_code, month_date
),

levels as (
    {{ occupation_levels() }}
),

-- seekers register with the public service only, and by KECO
seekers as (
    select
        'pes' as scope,
        levels.occupation_scheme,
        left(registrations.current_occupation_code, levels.occupation_level) as occupation_code,
        {{ month_of('registrations.reg_date') }} as month_date,
        count(*) as registrations_new
    from {{ ref('fct_registration_spells') }} as registrations
    cross join levels
    where length(registrations.current_occupation_code) >= levels.occupation_level
    group by
        levels.occupation_scheme,
        left(registrations.current_occupation_code, levels.occupation_level),
        {{ month_of('registrations.reg_date') }}
),

counted as (
    select
        occupations.scope,
        occupations.country,
        occupations.occupation_scheme,
        occupations.occupation_level,
        occupations.occupation_code,
        occupations.states_openings,
        months.month_date,
        case when occupations.states_openings then coalesce(monthly.openings_new, 0) end as openings_new,
        coalesce(monthly.vacancies_new, 0) as vacancies_new,
        case
            when occupations.scope = 'pes' and occupations.occupation_scheme = 'KECO'
                then coalesce(seekers.registrations_new, 0)
        end as registrations_new
    from occupations
    cross join months
    left join monthly
        on
            occupations.scope = monthly.scope
            and occupations.country = monthly.country
            and occupations.occupation_scheme = monthly.occupation_scheme
            and occupations.occupation_code = monthly.occupation_code
            and months.month_date = monthly.month_date
    left join seekers
        on
            occupations.scope = seekers.scope
            and occupations.occupation_scheme = seekers.occupation_scheme
            and occupations.occupation_code = seekers.occupation_code
            and months.month_date = seekers.month_date
),

breaks as (
    select
        'KECO' as occupation_scheme,
        code,
        month_date,
        break_reason
    from {{ ref('int_series_breaks') }}
    where breakdown_type = 'occupation'
)

select
    cast(counted.scope as varchar) as scope,
    cast(counted.country as varchar) as country,
    cast(counted.occupation_scheme as varchar) as occupation_scheme,
    cast(counted.occupation_level as integer) as occupation_level,
    cast(counted.occupation_code as varchar) as occupation_code,
    cast(strftime(counted.month_date, '%Y-%m') as varchar) as time_period,
    cast(counted.openings_new as bigint) as openings_new,
    cast(case when not counted.states_openings then 'not_stated' end as varchar) as openings_null_reason,
    cast(counted.vacancies_new as bigint) as vacancies_new,
    cast(counted.registrations_new as bigint) as registrations_new,
    {{ ratio('counted.openings_new', 'counted.registrations_new') }} as openings_per_seeker,
    cast(
        case
            when counted.openings_new is null then 'numerator_absent'
            else {{ null_reason('counted.registrations_new') }}
        end as varchar
    ) as openings_per_seeker_null_reason,
    cast(breaks.break_reason as varchar) as break_reason,
    {{ as_of() }} as as_of
from counted
left join breaks
    on
        counted.occupation_scheme = breaks.occupation_scheme
        and counted.occupation_code = breaks.code
        and counted.month_date = breaks.month_date
