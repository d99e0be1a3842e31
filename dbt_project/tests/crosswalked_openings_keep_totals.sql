{{ config(severity='error', meta={'mart': 'mart_occupation_openings_monthly', 'kind': 'identity'}) }}
-- Counted in another classification, the openings and vacancies of a month are as many as before.
with

monthly as (
    select
        occupations.time_period,
        occupations.occupation_scheme,
        occupations.occupation_code,
        occupations.openings_new,
        occupations.vacancies_new
    from {{ ref('mart_occupation_openings_monthly') }} as occupations
    where occupations.scope = 'pes' and occupations.occupation_scheme = 'KECO' and occupations.occupation_level = 4
),

links as (
    select
        links.from_scheme,
        links.from_code,
        links.to_code,
        links.weight
    from {{ ref('dim_occupation_crosswalk') }} as links
    inner join {{ ref('dim_occupation') }} as occupations
        on
            links.from_scheme = occupations.occupation_scheme
            and links.from_version = occupations.scheme_version
            and links.from_code = occupations.occupation_code
    where links.to_scheme = 'ISCO' and occupations.is_current
),

crosswalked as (
    select
        monthly.time_period,
        coalesce(links.to_code, '_U') as to_code,
        sum(monthly.openings_new * coalesce(links.weight, 1)) as openings_new,
        sum(monthly.vacancies_new * coalesce(links.weight, 1)) as vacancies_new
    from monthly
    left join links
        on monthly.occupation_scheme = links.from_scheme and monthly.occupation_code = links.from_code
    group by monthly.time_period, coalesce(links.to_code, '_U')
),

before as (
    select
        time_period,
        sum(openings_new) as openings_new,
        sum(vacancies_new) as vacancies_new
    from monthly
    group by time_period
),

after as (
    select
        time_period,
        sum(openings_new) as openings_new,
        sum(vacancies_new) as vacancies_new
    from crosswalked
    group by time_period
)

select
    before.time_period,
    before.openings_new as openings_before,
    after.openings_new as openings_after
from before
left join after on before.time_period = after.time_period
where
    coalesce(before.openings_new <> after.openings_new, before.openings_new is not null)
    or coalesce(before.vacancies_new <> after.vacancies_new, true)
