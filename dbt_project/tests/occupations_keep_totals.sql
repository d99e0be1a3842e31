{{ config(severity='error', meta={'mart': 'mart_occupation_openings_monthly', 'kind': 'identity'}) }}
-- Coding at two or at four digits neither loses nor doubles an opening of the register.
with

register as (
    select
        {{ month_of('registered_date') }} as month_date,
        sum(openings) as openings,
        count(*) as vacancies
    from {{ ref('fct_vacancies') }}
    where scope = 'pes' and occupation_scheme = 'KECO' and length(occupation_code) >= 4
    group by {{ month_of('registered_date') }}
),

levels as (
    select
        occupation_level,
        time_period,
        sum(openings_new) as openings,
        sum(vacancies_new) as vacancies
    from {{ ref('mart_occupation_openings_monthly') }}
    where scope = 'pes' and occupation_scheme = 'KECO'
    group by occupation_level, time_period
)

select
    levels.occupation_level,
    levels.time_period,
    levels.openings,
    register.openings as openings_in_register
from levels
left join register on levels.time_period = strftime(register.month_date, '%Y-%m')
where
    levels.openings <> coalesce(register.openings, 0)
    or levels.vacancies <> coalesce(register.vacancies, 0)
