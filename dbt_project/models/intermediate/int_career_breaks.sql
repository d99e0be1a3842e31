-- Exits from insurance and returns to it, one row per stretch of a person: how long the person was away before and
-- after. Days away after the last stretch run until the working day.
with

stretches as (
    select
        person_id,
        sex,
        birth_year,
        from_date,
        case when to_date <= {{ as_of() }} then to_date end as left_on,
        lag(to_date) over (partition by person_id order by from_date) as left_before_on,
        lead(from_date) over (partition by person_id order by from_date) as returned_on
    from {{ ref('int_insured_stretches') }}
    where from_date <= {{ as_of() }}
),

away as (
    select
        person_id,
        sex,
        birth_year,
        from_date,
        left_on,
        returned_on,
        from_date - left_before_on as days_away_before,
        coalesce(returned_on, {{ as_of() }}) - left_on as days_away_after,
        -- whether it became a break is known only of those who left long enough ago
        coalesce(left_on + {{ var('career_break_days') }} <= {{ as_of() }}, false) as is_followed
    from stretches
)

select * from away
