-- Persons and employers behind the figures of occupations at four digits: those who registered for one in the 12 whole
-- months before the working day, and those whose pay its insured pay rests on.
with

seekers as (
    select
        left(current_occupation_code, 4) as occupation_code,
        count(distinct person_key) as registration_persons
    from {{ ref('fct_registration_spells') }}
    where
        reg_date >= {{ add_months(month_of(as_of()), -12) }}
        and reg_date < {{ month_of(as_of()) }}
        and length(current_occupation_code) >= 4
    group by left(current_occupation_code, 4)
),

paid as (
    select
        left(jobs.occupation_code, 4) as occupation_code,
        count(distinct jobs.person_id) as pay_persons,
        count(distinct jobs.workplace_no) as pay_employers
    from {{ ref('int_occupation_jobs') }} as jobs
    where {{ tells_insured_pay('jobs') }}
    group by left(jobs.occupation_code, 4)
),

contributed as (
    select
        'KECO' as occupation_scheme,
        coalesce(seekers.occupation_code, paid.occupation_code) as occupation_code,
        cast(coalesce(seekers.registration_persons, 0) as bigint) as registration_persons,
        cast(coalesce(paid.pay_persons, 0) as bigint) as pay_persons,
        cast(coalesce(paid.pay_employers, 0) as bigint) as pay_employers
    from seekers
    full outer join paid on seekers.occupation_code = paid.occupation_code
)

select * from contributed
