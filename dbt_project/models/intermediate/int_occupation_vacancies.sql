-- Vacancies of the 24 whole months before the working day, once per level of their occupation. Public-service openings
-- are all those registered, wages only those advertised; a wage range counts with its middle.
with

bounds as (
    select
        {{ add_months(month_of(as_of()), -24) }} as first_month,
        {{ month_of(as_of()) }} as end_month
),

vacancies as (
    select
        vacancies.vacancy_key,
        vacancies.scope,
        coalesce(vacancies.country, '_U') as country,
        coalesce(vacancies.occupation_scheme, '_U') as occupation_scheme,
        vacancies.current_occupation_code,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        {{ month_of('vacancies.registered_date') }} as month_date,
        vacancies.openings,
        vacancies.education_code,
        vacancies.career_months,
        vacancies.wage_currency,
        case
            when vacancies.posting_state = 'posted' or not vacancies.is_submission
                then
                    coalesce(
                        (vacancies.wage_month_min + vacancies.wage_month_max) / 2,
                        vacancies.wage_month_min,
                        vacancies.wage_month_max
                    )
        end as wage_month
    from {{ ref('fct_vacancies') }} as vacancies
    cross join bounds
    left join {{ ref('int_sidos__main') }} as sidos on vacancies.region_code = sidos.region_code
    where
        vacancies.current_occupation_code is not null
        and vacancies.registered_date >= bounds.first_month
        and vacancies.registered_date < bounds.end_month
),

levels as (
    {{ occupation_levels() }}
),

levelled as (
    select
        vacancies.vacancy_key,
        vacancies.scope,
        vacancies.country,
        vacancies.occupation_scheme,
        levels.occupation_level,
        left(
            vacancies.current_occupation_code,
            coalesce(levels.occupation_level, length(vacancies.current_occupation_code))
        ) as occupation_code,
        vacancies.sido_code,
        vacancies.month_date,
        vacancies.openings,
        vacancies.education_code,
        vacancies.career_months,
        vacancies.wage_currency,
        vacancies.wage_month
    from vacancies
    left join levels on vacancies.occupation_scheme = levels.occupation_scheme
    where levels.occupation_level is null or length(vacancies.current_occupation_code) >= levels.occupation_level
)

select * from levelled
