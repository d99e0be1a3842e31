-- Clients in training by programme year (July to June): who completed a course or attained a credential in it. What a
-- year brought is told when it is over.
with

episodes as (
    select
        episode_id,
        person_key,
        organisation_code,
        programme_code,
        client_group,
        start_date,
        observed_until,
        is_excluded,
        has_low_education,
        has_disability,
        is_ui_beneficiary,
        unnest(range(
            cast(year({{ add_months('trained_from', 6) }}) as bigint) - 1,
            cast(year({{ add_months('trained_until', 6) }}) as bigint)
        )) as programme_year
    from {{ ref('fct_service_episodes') }}
    where trained_from is not null
),

years as (
    select
        *,
        make_date(programme_year, 7, 1) as programme_year_date,
        make_date(programme_year + 1, 6, 30) as last_date
    from episodes
),

gains as (
    select
        person_key,
        ended_date as gain_date
    from {{ ref('fct_training_enrolments') }}
    where status = 'COMPLETED'
    union all
    select
        person_key,
        attained_date as gain_date
    from ({{ union_providers('credentials') }}) as credentials
),

gained as (
    select
        years.episode_id,
        years.programme_year
    from years
    inner join gains
        on
            years.person_key = gains.person_key
            and years.start_date <= gains.gain_date
            and years.programme_year_date <= gains.gain_date
            and years.last_date >= gains.gain_date
    group by years.episode_id, years.programme_year
),

told as (
    select
        years.*,
        case when years.last_date <= years.observed_until then gained.episode_id is not null end as has_gain
    from years
    left join gained on years.episode_id = gained.episode_id and years.programme_year = gained.programme_year
)

select * from told
