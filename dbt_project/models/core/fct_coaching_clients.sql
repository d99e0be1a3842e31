-- Clients of career coaching: one row per person, from the first assessment on, with the day of each step within 365
-- days after it. A step that may still come is NULL; whether its window has closed stands beside it.
with

assessments as (
    {{ union_providers('assessments') }}
),

contacts as (
    {{ union_providers('coaching_sessions') }}
),

spells as (
    select
        person_key,
        person_id,
        acquisition_date,
        loss_date
    from {{ ref('fct_insured_spells') }}
    where is_headline and not is_inverted
),

assessed as (
    select
        person_key,
        min(assessed_date) as assessed_date,
        arg_min(organisation_code, assessed_date || assessment_id) as organisation_code
    from assessments
    group by person_key
),

sessions as (
    select
        assessed.person_key,
        assessed.assessed_date,
        contacts.session_date,
        contacts.helpfulness,
        contacts.referred_service,
        contacts.service_started_date
    from assessed
    inner join contacts
        on assessed.person_key = contacts.person_key and assessed.assessed_date <= contacts.session_date
),

coached as (
    select
        person_key,
        min(session_date) as coached_date,
        max(session_date) as last_session_date,
        count(distinct referred_service) as services,
        count(referred_service) as services_referred,
        count(service_started_date) as services_started,
        count(helpfulness) as sessions_rated,
        count(*) filter (where helpfulness >= 4) as sessions_helpful
    from sessions
    group by person_key
),

trained as (
    select
        assessed.person_key,
        min(enrolments.enrolled_date) as trained_date
    from assessed
    inner join {{ ref('fct_training_enrolments') }} as enrolments
        on assessed.person_key = enrolments.person_key and assessed.assessed_date <= enrolments.enrolled_date
    group by assessed.person_key
),

applied as (
    select
        assessed.person_key,
        min(referrals.referred_date) as applied_date
    from assessed
    inner join {{ ref('fct_registration_spells') }} as registrations on assessed.person_key = registrations.person_key
    inner join {{ ref('fct_referrals') }} as referrals
        on
            registrations.seeker_reg_no = referrals.seeker_reg_no
            and assessed.assessed_date <= referrals.referred_date
    group by assessed.person_key
),

jobs as (
    select
        assessed.person_key,
        spells.person_id,
        min(spells.acquisition_date) as placed_date
    from assessed
    inner join spells
        on assessed.person_key = spells.person_key and assessed.assessed_date < spells.acquisition_date
    group by assessed.person_key, spells.person_id
),

retained as (
    select
        jobs.person_key,
    {%- for months, days in {"6m": 183, "12m": 365}.items() %}
    bool_or(
        jobs.placed_date + {{ days }} >= spells.acquisition_date
        and coalesce(jobs.placed_date + {{ days }} < spells.loss_date, true)
    ) as is_retained_{{ months }}{{ "," if not loop.last }}
    {%- endfor %}
    from jobs
    inner join spells on jobs.person_id = spells.person_id
    group by jobs.person_key
),

followed_up as (
    select
        jobs.person_key,
        count(*) as sessions_after_placement
    from jobs
    inner join sessions
        on
            jobs.person_key = sessions.person_key
            and jobs.placed_date < sessions.session_date
            and jobs.placed_date + 365 >= sessions.session_date
    group by jobs.person_key
),

clients as (
    select
        assessed.*,
        {{ observed_until() }} as observed_until,
        {%- for step in ["coached", "trained", "applied"] %}
        case when {{ step }}.{{ step }}_date <= assessed.assessed_date + 365 then {{ step }}.{{ step }}_date end
            as {{ step }}_date,
        {%- endfor %}
        case when jobs.placed_date <= assessed.assessed_date + 365 then jobs.placed_date end as placed_date,
        coached.last_session_date,
        coalesce(coached.services, 0) as services,
        coalesce(coached.services_referred, 0) as services_referred,
        coalesce(coached.services_started, 0) as services_started,
        coalesce(coached.sessions_rated, 0) as sessions_rated,
        coalesce(coached.sessions_helpful, 0) as sessions_helpful,
        coalesce(followed_up.sessions_after_placement, 0) > 0 as is_followed_up,
        coalesce(retained.is_retained_6m, false) as is_retained_6m,
        coalesce(retained.is_retained_12m, false) as is_retained_12m
    from assessed
    left join coached on assessed.person_key = coached.person_key
    left join trained on assessed.person_key = trained.person_key
    left join applied on assessed.person_key = applied.person_key
    left join jobs on assessed.person_key = jobs.person_key
    left join retained on assessed.person_key = retained.person_key
    left join followed_up on assessed.person_key = followed_up.person_key
)

select
    *,
    assessed_date + 365 <= observed_until as is_window_closed
from clients
