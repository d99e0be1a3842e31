-- Skills that vacancies of an occupation name, against all vacancies of the market.
with

totals as (
    select
        {{ occupation_keys() | join(", ") }},
        count(*) as vacancies
    from {{ ref('int_occupation_vacancies') }}
    group by {{ occupation_keys() | join(", ") }}
),

markets as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_level,
        sum(vacancies) as vacancies
    from totals
    group by scope, country, occupation_scheme, occupation_level
),

named as (
    select
        vacancies.scope,
        vacancies.country,
        vacancies.occupation_scheme,
        vacancies.occupation_code,
        skills.skill_code,
        count(*) as vacancies_naming
    from {{ ref('int_occupation_vacancies') }} as vacancies
    inner join {{ ref('int_posting_skills') }} as skills on vacancies.vacancy_key = skills.vacancy_key
    group by
        vacancies.scope, vacancies.country, vacancies.occupation_scheme, vacancies.occupation_code, skills.skill_code
),

counted as (
    select
        totals.scope,
        totals.country,
        totals.occupation_scheme,
        totals.occupation_level,
        totals.occupation_code,
        totals.vacancies,
        named.skill_code,
        named.vacancies_naming,
        sum(named.vacancies_naming) over (
            partition by
                totals.scope, totals.country, totals.occupation_scheme, totals.occupation_level, named.skill_code
        ) as naming_all,
        markets.vacancies as vacancies_all
    from totals
    inner join named
        on
            totals.scope = named.scope
            and totals.country = named.country
            and totals.occupation_scheme = named.occupation_scheme
            and totals.occupation_code = named.occupation_code
    inner join markets
        on
            totals.scope = markets.scope
            and totals.country = markets.country
            and totals.occupation_scheme = markets.occupation_scheme
            and totals.occupation_level is not distinct from markets.occupation_level
)

select
    cast(counted.scope as varchar) as scope,
    cast(counted.country as varchar) as country,
    cast(counted.occupation_scheme as varchar) as occupation_scheme,
    cast(counted.occupation_level as integer) as occupation_level,
    cast(counted.occupation_code as varchar) as occupation_code,
    cast(counted.skill_code as varchar) as skill_code,
    cast(skills.label_ko as varchar) as skill_name_ko,
    cast(skills.label_en as varchar) as skill_name_en,
    cast(counted.vacancies_naming as bigint) as vacancies_naming,
    cast(counted.vacancies as bigint) as n,
    {{ ratio('counted.vacancies_naming', 'counted.vacancies') }} as share,
    {{ ratio('counted.naming_all', 'counted.vacancies_all') }} as share_all,
    {{ ratio('(counted.vacancies_naming * counted.vacancies_all)', '(counted.vacancies * counted.naming_all)') }}
        as lift,
    {{ quality('counted.vacancies') }} as quality,
    {{ as_of() }} as as_of
from counted
inner join {{ ref('dim_skill') }} as skills on counted.skill_code = skills.skill_code
