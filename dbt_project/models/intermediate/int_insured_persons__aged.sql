{{ config(materialized='view') }}

-- Stretches of insured persons cut at the ages that begin a band.
with

age_bands (age_group, from_age, to_age) as (
    values ('Y_LT30', 0, 30), ('Y30T39', 30, 40), ('Y40T49', 40, 50), ('Y50T59', 50, 60), ('Y_GE60', 60, 200)
),

-- how far a stretch is known to reach
known_persons as (
    select
        *,
        least(to_date - 1, greatest({{ as_of() }}, from_date)) as known_until
    from {{ ref('int_insured_stretches') }}
),

-- a stretch passes through age bands; only its true start and end are an entry and an exit
aged as (
    select
        coalesce(bands.age_group, '_U') as age_group,
        greatest(persons.from_date, coalesce(make_date(persons.birth_year + bands.from_age, 1, 1), persons.from_date))
            as from_date,
        least(persons.to_date, coalesce(make_date(persons.birth_year + bands.to_age, 1, 1), persons.to_date))
            as to_date,
        persons.from_date as entered_on,
        persons.to_date as left_on
    from known_persons as persons
    left join age_bands as bands
        on
            extract(year from persons.from_date) < persons.birth_year + bands.to_age
            -- bands that an open stretch will only reach in the future are left out
            and extract(year from persons.known_until)
            >= persons.birth_year + bands.from_age
)

select * from aged
