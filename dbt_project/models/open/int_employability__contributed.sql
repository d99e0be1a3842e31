-- Persons behind every outcome of the seekers of an occupation, of a group of occupations and of all: what the
-- thresholds of the occupation tables ask for.
with

followed as (
    select * from {{ ref('int_registrations__followed') }}
    where is_published
),

bases as (
    {{ occupation_levels() }}
),

wished as (
    select
        left(followed.occupation_code, bases.occupation_level) as basis_code,
        followed.firm_size,
        followed.employment_type,
        followed.person_key
    from followed
    cross join bases
    where length(followed.occupation_code) >= bases.occupation_level
    union all
    select
        '_T' as basis_code,
        firm_size,
        employment_type,
        person_key
    from followed
),

contributed as (
    select
        basis_code,
        firm_size,
        employment_type,
        cast(count(distinct person_key) as bigint) as persons
    from wished
    group by basis_code, firm_size, employment_type
)

select * from contributed
