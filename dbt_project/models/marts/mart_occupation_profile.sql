-- Openings and advertised wage of the last 24 whole months by occupation, apart for each market: the same job may
-- stand in several of them. Public-service openings are all those registered, wages only those advertised. Where no
-- vacancy of a cell states its openings they are unknown, not zero.
with

bounds as (
    select
        {{ add_months(month_of(as_of()), -24) }} as first_month,
        {{ add_months(month_of(as_of()), -1) }} as last_month
),

months as (
    {{ month_series('first_month', 'last_month', 'bounds') }}
),

vacancies as (
    select
        vacancies.scope,
        vacancies.country,
        vacancies.occupation_scheme,
        vacancies.occupation_code as provider_code,
        {{ month_of('vacancies.registered_date') }} as month_date,
        vacancies.openings,
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
    where
        vacancies.occupation_code is not null
        and vacancies.registered_date >= bounds.first_month
        and vacancies.registered_date < {{ add_months('bounds.last_month', 1) }}
),

registrations as (
    select
        desired_occupation_code as provider_code,
        {{ month_of('reg_date') }} as month_date
    from {{ ref('fct_registration_spells') }}
    where desired_occupation_code is not null
),

-- KECO at four and at two digits; other schemes as the provider codes them
levels (occupation_scheme, occupation_level) as (
    values ('KECO', 2), ('KECO', 4)
),

coded as (
    select
        vacancies.*,
        levels.occupation_level,
        left(vacancies.provider_code, coalesce(levels.occupation_level, length(vacancies.provider_code)))
            as occupation_code
    from vacancies
    left join levels
        on
            vacancies.occupation_scheme = levels.occupation_scheme
            and length(vacancies.provider_code) >= levels.occupation_level
),

currencies as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_level,
        occupation_code,
        wage_currency,
        sum(count(openings)) over (
            partition by scope, country, occupation_scheme, occupation_level, occupation_code
        ) > 0 as states_openings,
        row_number() over (
            partition by scope, country, occupation_scheme, occupation_level, occupation_code
            order by count(wage_month) desc, wage_currency asc nulls last
        ) as currency_rank
    from coded
    group by scope, country, occupation_scheme, occupation_level, occupation_code, wage_currency
),

-- one currency per cell, the one most wages are in: wages of two currencies make no distribution
cells as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_level,
        occupation_code,
        wage_currency,
        states_openings
    from currencies
    where currency_rank = 1
),

monthly as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_code,
        month_date,
        sum(openings) as openings,
        count(*) as vacancies
    from coded
    group by scope, country, occupation_scheme, occupation_code, month_date
),

series as (
    select
        cells.scope,
        cells.country,
        cells.occupation_scheme,
        cells.occupation_code,
        {{ ordered_list('cast(coalesce(monthly.openings, 0) as bigint)', 'months.month_date') }} as openings_24m,
        coalesce(sum(monthly.openings), 0) as openings_new_24m,
        coalesce(
            sum(monthly.openings) filter (where months.month_date >= {{ add_months(month_of(as_of()), -12) }}), 0
        ) as openings_new_12m,
        coalesce(sum(monthly.vacancies), 0) as vacancies_24m
    from cells
    cross join months
    left join monthly
        on
            cells.scope = monthly.scope
            and cells.country is not distinct from monthly.country
            and cells.occupation_scheme = monthly.occupation_scheme
            and cells.occupation_code = monthly.occupation_code
            and months.month_date = monthly.month_date
    group by cells.scope, cells.country, cells.occupation_scheme, cells.occupation_code
),

wages as (
    select
        cells.scope,
        cells.country,
        cells.occupation_scheme,
        cells.occupation_code,
        count(coded.wage_month) as wage_n,
        {{ quantile_type7('coded.wage_month', 0.10) }} as wage_p10,
        {{ quantile_type7('coded.wage_month', 0.25) }} as wage_p25,
        {{ quantile_type7('coded.wage_month', 0.50) }} as wage_p50,
        {{ quantile_type7('coded.wage_month', 0.75) }} as wage_p75,
        {{ quantile_type7('coded.wage_month', 0.90) }} as wage_p90
    from cells
    inner join coded
        on
            cells.scope = coded.scope
            and cells.country is not distinct from coded.country
            and cells.occupation_scheme = coded.occupation_scheme
            and cells.occupation_code = coded.occupation_code
            and cells.wage_currency = coded.wage_currency
    group by cells.scope, cells.country, cells.occupation_scheme, cells.occupation_code
),

seekers as (
    select
        left(registrations.provider_code, levels.occupation_level) as occupation_code,
        levels.occupation_level,
        count(*) as registrations_new_12m
    from registrations
    cross join levels
    cross join bounds
    where
        registrations.month_date >= {{ add_months(month_of(as_of()), -12) }}
        and registrations.month_date <= bounds.last_month
    group by left(registrations.provider_code, levels.occupation_level), levels.occupation_level
),

published as (
    select
        cast(cells.scope as varchar) as scope,
        cast(coalesce(cells.country, '_U') as varchar) as country,
        cast(coalesce(cells.occupation_scheme, '_U') as varchar) as occupation_scheme,
        cast(cells.occupation_level as integer) as occupation_level,
        cast(cells.occupation_code as varchar) as occupation_code,
        cast(occupations.name_ko as varchar) as occupation_name_ko,
        cast(occupations.name_en as varchar) as occupation_name_en,
        bounds.first_month as series_from,
        bounds.last_month as series_to,
        case when cells.states_openings then series.openings_24m end as openings_24m,
        cast(case when cells.states_openings then series.openings_new_24m end as bigint) as openings_new_24m,
        cast(case when cells.states_openings then series.openings_new_12m end as bigint) as openings_new_12m,
        cast(case when not cells.states_openings then 'not_stated' end as varchar) as openings_null_reason,
        cast(series.vacancies_24m as bigint) as vacancies_24m,
        cast(seekers.registrations_new_12m as bigint) as registrations_new_12m,
        {{ ratio('case when cells.states_openings then series.openings_new_12m end', 'seekers.registrations_new_12m') }}
            as openings_per_seeker_12m,
        cast(case when cells.scope = 'pes' then {{ null_reason('seekers.registrations_new_12m') }} end as varchar)
            as openings_per_seeker_null_reason,
        cast(cells.wage_currency as varchar) as wage_currency,
        cast(coalesce(wages.wage_n, 0) as bigint) as wage_n,
        wages.wage_p10 as wage_month_p10,
        wages.wage_p25 as wage_month_p25,
        wages.wage_p50 as wage_month_p50,
        wages.wage_p75 as wage_month_p75,
        wages.wage_p90 as wage_month_p90,
        {{ as_of() }} as as_of
    from cells
    cross join bounds
    inner join series
        on
            cells.scope = series.scope
            and cells.country is not distinct from series.country
            and cells.occupation_scheme = series.occupation_scheme
            and cells.occupation_code = series.occupation_code
    left join wages
        on
            cells.scope = wages.scope
            and cells.country is not distinct from wages.country
            and cells.occupation_scheme = wages.occupation_scheme
            and cells.occupation_code = wages.occupation_code
    left join seekers
        on
            cells.scope = 'pes'
            and cells.occupation_scheme = 'KECO'
            and cells.occupation_level = seekers.occupation_level
            and cells.occupation_code = seekers.occupation_code
    left join {{ ref('dim_occupation') }} as occupations
        on
            cells.occupation_scheme = occupations.occupation_scheme
            and cells.occupation_code = occupations.occupation_code
)

select * from published
