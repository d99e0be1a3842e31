-- What the suitability score of an occupation asks for, one row per dimension (docs/suitability.md): the level and the
-- experience that vacancies demand when they demand any, the fields of study that prepare for it, the licences of law
-- and vacancies, and whether courses train for it. A dimension without a row that can be met is not required.
{% set taken = [
    "occupation_scheme", "occupation_code", "dimension", "weight", "weights_version", "required_level",
    "required_months", "accepted", "partly", "basis", "n"
] %}
with

vacancies as (
    select
        occupation_scheme,
        occupation_code,
        nullif(education_code, '00') as education_code,
        career_months
    from {{ ref('int_occupation_vacancies') }}
    where scope = 'pes' and occupation_scheme = 'KECO' and occupation_level = 4
),

occupations as (
    select
        occupation_scheme,
        occupation_code,
        count(*) as vacancies,
        count(career_months) as n_experience,
        quantile_disc(career_months, 0.5) as required_months
    from vacancies
    group by occupation_scheme, occupation_code
),

-- the lower of two levels that are demanded equally often
levels as (
    select
        occupation_scheme,
        occupation_code,
        education_code,
        sum(count(*)) over (partition by occupation_scheme, occupation_code) as n_education
    from vacancies
    where education_code is not null
    group by occupation_scheme, occupation_code, education_code
    qualify
        row_number() over (
            partition by occupation_scheme, occupation_code
            order by count(*) desc, education_code asc
        ) = 1
),

majors as (
    select
        occupation_code,
        list(distinct major order by major) as accepted,
        list(distinct major_group order by major_group) as partly
    from {{ ref('occupation_majors') }}
    group by occupation_code
),

licences as (
    select
        occupation_scheme,
        occupation_code,
        {{ ordered_list('licence_key', 'licence_key') }} filter (where is_mandatory) as accepted,
        {{ ordered_list('licence_key', 'licence_key') }} filter (where not is_mandatory) as partly,
        max(n) as n_licences
    from {{ ref('mart_occupation_licence') }}
    group by occupation_scheme, occupation_code
),

courses as (
    select
        occupation_scheme,
        occupation_code,
        count(*) as courses
    from {{ ref('mart_occupation_training') }}
    group by occupation_scheme, occupation_code
),

requirements as (
    select
        occupations.occupation_scheme,
        occupations.occupation_code,
        weights.dimension,
        weights.weight,
        weights.weights_version,
        case when weights.dimension = 'education' then try_cast(levels.education_code as integer) end as required_level,
        case when weights.dimension = 'experience' then occupations.required_months end as required_months,
        case weights.dimension
            when 'major' then majors.accepted
            when 'qualification' then licences.accepted
            when 'training' then list_value(occupations.occupation_code)
        end as accepted,
        case weights.dimension when 'major' then majors.partly when 'qualification' then licences.partly end as partly,
        case weights.dimension
            when 'education' then levels.n_education
            when 'experience' then occupations.n_experience
            when 'qualification' then licences.n_licences
            when 'training' then courses.courses
            when 'major' then len(majors.accepted)
        end as n,
        case weights.dimension
            when 'qualification' then 'law_and_vacancies'
            when 'training' then 'training_runs'
            when 'major' then 'occupation_majors'
            else 'vacancies'
        end as basis
    from occupations
    cross join {{ ref('suitability_weights') }} as weights
    left join levels
        on
            occupations.occupation_scheme = levels.occupation_scheme
            and occupations.occupation_code = levels.occupation_code
    left join majors on occupations.occupation_code = majors.occupation_code
    left join licences
        on
            occupations.occupation_scheme = licences.occupation_scheme
            and occupations.occupation_code = licences.occupation_code
    left join courses
        on
            occupations.occupation_scheme = courses.occupation_scheme
            and occupations.occupation_code = courses.occupation_code
),

judged as (
    select
        {{ taken | join(", ") }},
        case
            when dimension in ('education', 'experience') then coalesce(n, 0) >= {{ var('requirement_min_n') }}
            when dimension = 'qualification' then accepted is not null or partly is not null
            else n is not null
        end as is_required
    from requirements
)

select
    cast(occupation_scheme as varchar) as occupation_scheme,
    cast(occupation_code as varchar) as occupation_code,
    cast(dimension as varchar) as dimension,
    cast(weight as decimal(9, 4)) as weight,
    cast(weights_version as varchar) as weights_version,
    is_required,
    cast(case when is_required then required_level end as integer) as required_level,
    cast(case when is_required then required_months end as integer) as required_months,
    case when is_required then coalesce(accepted, []) end as accepted,
    case when is_required then coalesce(partly, []) end as partly,
    cast(is_required and dimension = 'qualification' and accepted is not null as boolean) as is_gate,
    cast(case when not is_required then 'nothing_demanded' end as varchar) as null_reason,
    cast(basis as varchar) as basis,
    cast(coalesce(n, 0) as bigint) as n,
    case when basis = 'occupation_majors' then cast(null as varchar) else {{ quality('n') }} end as quality,
    {{ as_of() }} as as_of
from judged
