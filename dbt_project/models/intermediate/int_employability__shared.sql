-- Outcomes of the seekers who wished an occupation, by occupation, size of the employer and kind of employment: as
-- published, and as learnt before the months they are tested on. An occupation with too few cases takes those of its
-- group, a group with too few those of all. The level above the cases used stands beside, to draw few cases towards it.
with

levels as (
    {{ occupation_levels() }}
),

cases as (
    {% for purpose in ["published", "learnt"] %}
    select
        '{{ purpose }}' as purpose,
        occupation_code,
        firm_size,
        employment_type
    from {{ ref('int_registrations__followed') }}
    where is_{{ purpose }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

counted as (
    select
        cases.purpose,
        left(cases.occupation_code, levels.occupation_level) as occupation_code,
        cases.firm_size,
        cases.employment_type,
        count(*) as cases
    from cases
    cross join levels
    where length(cases.occupation_code) >= levels.occupation_level
    group by
        cases.purpose, left(cases.occupation_code, levels.occupation_level), cases.firm_size,
        cases.employment_type
    union all
    select
        purpose,
        '_T' as occupation_code,
        firm_size,
        employment_type,
        count(*) as cases
    from cases
    group by purpose, firm_size, employment_type
),

totals as (
    select
        purpose,
        occupation_code,
        sum(cases) as cases
    from counted
    group by purpose, occupation_code
),

occupations as (
    select distinct
        levels.occupation_level,
        left(followed.occupation_code, levels.occupation_level) as occupation_code
    from {{ ref('int_registrations__followed') }} as followed
    cross join levels
    where length(followed.occupation_code) >= levels.occupation_level
    union
    select distinct
        occupation_level,
        occupation_code
    from {{ ref('int_occupation_vacancies') }}
    where scope = 'pes' and occupation_scheme = 'KECO'
),

bases as (
    select
        wholes.purpose,
        occupations.occupation_level,
        occupations.occupation_code,
        coalesce(own.cases, 0) as cases_own,
        case
            when own.cases >= {{ var('employability_min_n') }} then occupations.occupation_code
            when groups.cases >= {{ var('employability_min_n') }} then groups.occupation_code
            else '_T'
        end as basis_code
    from occupations
    inner join totals as wholes on wholes.occupation_code = '_T'
    left join totals as own
        on wholes.purpose = own.purpose and occupations.occupation_code = own.occupation_code
    left join totals as groups
        on wholes.purpose = groups.purpose and left(occupations.occupation_code, 2) = groups.occupation_code
),

based as (
    select
        *,
        case
            when occupation_level = 4 and basis_code = occupation_code then left(occupation_code, 2)
            else '_T'
        end as above_code
    from bases
),

outcomes (firm_size, employment_type) as (
    values {{ employability_outcomes() | join(", ") }}
),

-- employers of unknown size are an outcome where there are any
known_outcomes as (
    select
        firm_size,
        employment_type
    from outcomes
    union
    select distinct
        firm_size,
        employment_type
    from counted
),

shared as (
    select
        based.purpose,
        based.occupation_level,
        based.occupation_code,
        based.cases_own,
        based.basis_code,
        known_outcomes.firm_size,
        known_outcomes.employment_type,
        coalesce(counted.cases, 0) as cases,
        totals.cases as cases_basis,
        coalesce(above.cases, 0) as cases_above,
        above_totals.cases as cases_above_all
    from based
    cross join known_outcomes
    inner join totals on based.purpose = totals.purpose and based.basis_code = totals.occupation_code
    inner join totals as above_totals
        on based.purpose = above_totals.purpose and based.above_code = above_totals.occupation_code
    left join counted
        on
            based.purpose = counted.purpose
            and based.basis_code = counted.occupation_code
            and known_outcomes.firm_size = counted.firm_size
            and known_outcomes.employment_type = counted.employment_type
    left join counted as above
        on
            based.purpose = above.purpose
            and based.above_code = above.occupation_code
            and known_outcomes.firm_size = above.firm_size
            and known_outcomes.employment_type = above.employment_type
)

select * from shared
