-- Episodes of clients in training, when it lasted, and which credentials they attained from the start until a year
-- after exit.
with

episodes as (
    select
        episode_no,
        person_key,
        start_date,
        coalesce(end_date, {{ as_of() }}) as end_date,
        exit_date
    from {{ ref('int_episodes__described') }}
),

credentials as (
    {{ union_providers('credentials') }}
),

trained as (
    select
        episodes.episode_no,
        min(enrolments.enrolled_date) as trained_from,
        max(coalesce(enrolments.ended_date, {{ as_of() }})) as trained_until
    from episodes
    inner join {{ ref('fct_training_enrolments') }} as enrolments
        on
            episodes.person_key = enrolments.person_key
            and episodes.start_date <= enrolments.enrolled_date
            and episodes.end_date >= enrolments.enrolled_date
    group by episodes.episode_no
),

attained as (
    select
        episodes.episode_no,
        bool_or(credentials.credential_kind = 'NATIONAL_QUALIFICATION') as has_qualification,
        bool_or(credentials.credential_kind = 'SECONDARY_DIPLOMA') as has_diploma
    from episodes
    inner join credentials
        on
            episodes.person_key = credentials.person_key
            and episodes.start_date <= credentials.attained_date
            and episodes.exit_date + 365 >= credentials.attained_date
    group by episodes.episode_no
),

learning as (
    select
        trained.*,
        coalesce(attained.has_qualification, false) as has_qualification,
        coalesce(attained.has_diploma, false) as has_diploma
    from trained
    left join attained on trained.episode_no = attained.episode_no
)

select * from learning
