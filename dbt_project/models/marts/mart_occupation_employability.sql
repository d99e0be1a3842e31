-- How likely a seeker who wishes an occupation has an insured job within six months, by size of the employer and kind
-- of employment: competing outcomes, so that those of an occupation and "none" add up to one.
with

outcomes as (
    select
        occupation_level,
        occupation_code,
        firm_size,
        employment_type,
        cases_own,
        basis_code,
        cases,
        case when cases_basis >= {{ var('employability_min_n') }} then cases_basis end as cases_basis,
        cases_basis as cases_found,
        cases_above,
        cases_above_all
    from {{ ref('int_employability__shared') }}
    where purpose = 'published'
),

periods as (
    select
        min(published_from) as cases_from,
        max(published_to) as cases_to
    from {{ ref('int_registrations__followed') }}
),

names as (
    select
        occupation_code,
        name_ko,
        name_en
    from {{ ref('dim_occupation') }}
    where occupation_scheme = 'KECO' and is_current
)

select
    cast('KECO' as varchar) as occupation_scheme,
    cast(outcomes.occupation_level as integer) as occupation_level,
    cast(outcomes.occupation_code as varchar) as occupation_code,
    cast(names.name_ko as varchar) as occupation_name_ko,
    cast(names.name_en as varchar) as occupation_name_en,
    cast(outcomes.firm_size as varchar) as firm_size,
    cast(outcomes.employment_type as varchar) as employment_type,
    cast(case when outcomes.cases_basis is not null then outcomes.cases end as bigint) as numerator,
    cast(outcomes.cases_found as bigint) as n,
    {{ ratio('outcomes.cases', 'outcomes.cases_basis') }} as probability,
    {{ wilson('outcomes.cases', 'outcomes.cases_basis', 'low') }} as probability_low,
    {{ wilson('outcomes.cases', 'outcomes.cases_basis', 'high') }} as probability_high,
    {{ shrunk_probability('outcomes') }} as probability_shrunk,
    cast(outcomes.cases_own as bigint) as n_own,
    cast(outcomes.basis_code as varchar) as basis_code,
    cast(case when outcomes.cases_basis is null then 'few_cases' end as varchar) as null_reason,
    {{ quality('outcomes.cases_basis') }} as quality,
    cast(periods.cases_from as date) as cases_from,
    cast(periods.cases_to as date) as cases_to,
    {{ as_of() }} as as_of
from outcomes
cross join periods
left join names on outcomes.occupation_code = names.occupation_code
