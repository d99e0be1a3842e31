-- An occupation in a market at a glance: openings of the 24 whole months before the working day, competition, and both
-- wages apart. Each block has its own n; what lies behind it is in the other occupation marts.
with

openings as (
    select
        {{ occupation_keys() | join(", ") }},
        any_value(openings_null_reason) as openings_null_reason,
        {{ ordered_list('openings_new', 'time_period') }} as openings_24m,
        sum(openings_new) as openings_new_24m,
        sum(openings_new) filter (where time_period >= strftime({{ add_months(month_of(as_of()), -12) }}, '%Y-%m'))
            as openings_new_12m,
        sum(vacancies_new) as vacancies_24m,
        sum(registrations_new)
        filter (where time_period >= strftime({{ add_months(month_of(as_of()), -12) }}, '%Y-%m'))
            as registrations_new_12m
    from {{ ref('mart_occupation_openings_monthly') }}
    group by {{ occupation_keys() | join(", ") }}
),

wages as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_code,
        wage_source,
        wage_currency,
        n,
        wage_month_p10,
        wage_month_p25,
        wage_month_p50,
        wage_month_p75,
        wage_month_p90
    from {{ ref('mart_occupation_wage') }}
    where region_code = '_T'
)

select
    cast(openings.scope as varchar) as scope,
    cast(openings.country as varchar) as country,
    cast(openings.occupation_scheme as varchar) as occupation_scheme,
    cast(openings.occupation_level as integer) as occupation_level,
    cast(openings.occupation_code as varchar) as occupation_code,
    cast(occupations.name_ko as varchar) as occupation_name_ko,
    cast(occupations.name_en as varchar) as occupation_name_en,
    {{ add_months(month_of(as_of()), -24) }} as series_from,
    {{ add_months(month_of(as_of()), -1) }} as series_to,
    case when openings.openings_null_reason is null then openings.openings_24m end as openings_24m,
    cast(openings.openings_new_24m as bigint) as openings_new_24m,
    cast(openings.openings_new_12m as bigint) as openings_new_12m,
    cast(openings.openings_null_reason as varchar) as openings_null_reason,
    cast(openings.vacancies_24m as bigint) as vacancies_24m,
    {{ quality('openings.vacancies_24m') }} as openings_quality,
    cast(openings.registrations_new_12m as bigint) as registrations_new_12m,
    {{ ratio('openings.openings_new_12m', 'openings.registrations_new_12m') }} as openings_per_seeker_12m,
    cast(case when openings.scope = 'pes' then {{ null_reason('openings.registrations_new_12m') }} end as varchar)
        as openings_per_seeker_null_reason,
    cast(advertised.wage_currency as varchar) as wage_currency,
    cast(coalesce(advertised.n, 0) as bigint) as wage_n,
    {{ quality('advertised.n') }} as wage_quality,
    advertised.wage_month_p10,
    advertised.wage_month_p25,
    advertised.wage_month_p50,
    advertised.wage_month_p75,
    advertised.wage_month_p90,
    cast(insured.wage_currency as varchar) as insured_wage_currency,
    cast(coalesce(insured.n, 0) as bigint) as insured_wage_n,
    {{ quality('insured.n') }} as insured_wage_quality,
    insured.wage_month_p25 as insured_wage_month_p25,
    insured.wage_month_p50 as insured_wage_month_p50,
    insured.wage_month_p75 as insured_wage_month_p75,
    {{ as_of() }} as as_of
from openings
left join wages as advertised
    on
        advertised.wage_source = 'advertised'
        and openings.scope = advertised.scope
        and openings.country = advertised.country
        and openings.occupation_scheme = advertised.occupation_scheme
        and openings.occupation_code = advertised.occupation_code
-- insured pay belongs to the occupation in its country, whichever market a vacancy stands in
left join wages as insured
    on
        insured.wage_source = 'insured'
        and openings.country = insured.country
        and openings.occupation_scheme = insured.occupation_scheme
        and openings.occupation_code = insured.occupation_code
left join {{ ref('dim_occupation') }} as occupations
    on
        openings.occupation_scheme = occupations.occupation_scheme
        and openings.occupation_code = occupations.occupation_code
        and occupations.is_current
