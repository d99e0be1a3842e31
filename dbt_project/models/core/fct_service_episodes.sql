-- Episodes of service with their outcomes. An outcome is NULL until its window has closed: its last day has passed and
-- the insurance reports of that day were due. Of the episodes of one client that lead to one job, the one that began
-- last before it counts; without a job, the one that began last within six months of the first.
with

episodes as (
    select
        *,
        {{ observed_until() }} as observed_until
    from {{ ref('int_episodes__described') }}
),

jobs as (
    select * from {{ ref('int_episode_jobs__first') }}
),

followed as (
    select * from {{ ref('int_episode_jobs__followed') }}
),

quarters as (
    select * from {{ ref('int_episode_jobs__quarters') }}
),

learning as (
    select * from {{ ref('int_episode_learning') }}
),

outcomes as (
    select
        episodes.*,
        jobs.spell_no as first_spell_no,
        jobs.acquisition_date as first_job_date,
        case when jobs.acquisition_date <= episodes.start_date + 183 then jobs.acquisition_date end as placed_on,
        jobs.loss_date as placement_loss_date,
        jobs.monthly_pay_krw,
        jobs.previous_monthly_pay_krw,
        jobs.is_open_ended,
        followed.registered_again_date,
        followed.is_retained_6m,
        followed.is_retained_12m,
        followed.is_retained_employer_6m,
        followed.is_retained_employer_12m,
        coalesce(quarters.is_employed_q2, false) as is_employed_q2,
        coalesce(quarters.is_employed_q4, false) as is_employed_q4,
        coalesce(quarters.is_employer_retained, false) as is_employer_retained,
        quarters.earnings_q2_krw,
        learning.trained_from,
        learning.trained_until,
        -- a diploma of secondary education counts only with work (further education is in no register)
        learning.has_qualification
        or learning.has_diploma and coalesce(jobs.acquisition_date <= episodes.exit_date + 365, false)
            as is_credentialed,
        episodes.exit_reason in ('COMPLETED', 'EMPLOYED') as is_completer,
        case
            when episodes.exit_reason in ('DEATH', 'MILITARY', 'LONG_ILLNESS', 'EMIGRATION') then episodes.exit_reason
            when episodes.person_key is null then 'NOT_LINKED'
            when
                episodes.next_start_date <= episodes.start_date + 183
                and coalesce(jobs.acquisition_date > episodes.next_start_date, true)
                then 'SHARED'
        end as exclusion_reason
    from episodes
    left join jobs on episodes.episode_no = jobs.episode_no
    left join followed on episodes.episode_no = followed.episode_no
    left join quarters on episodes.episode_no = quarters.episode_no
    left join learning on episodes.episode_no = learning.episode_no
),

with_previous as (
    select
        *,
        lag(case when exclusion_reason is null then placed_on end ignore nulls) over (
            partition by person_key
            order by start_date, episode_id
        ) as previous_placed_on
    from outcomes
),

windows as (
    select
        source_id,
        episode_id,
        person_key,
        seeker_reg_no,
        organisation_code,
        programme_code,
        client_group,
        reg_date,
        start_date,
        end_date,
        exit_date,
        exit_reason,
        is_completer,
        cost_krw,
        match_probability,
        has_low_education,
        has_disability,
        is_ui_beneficiary,
        desired_wage_krw_month,
        first_spell_no,
        first_job_date,
        placed_on,
        placement_loss_date,
        monthly_pay_krw,
        previous_monthly_pay_krw,
        is_open_ended,
        trained_from,
        trained_until,
        observed_until,
        case
            when exclusion_reason is not null then exclusion_reason
            when placed_on - previous_placed_on <= 30 then 'REPEATED'
        end as exclusion_reason,
        -- the window of placement has its own end: a job found later is none
        case when start_date + 183 <= observed_until then placed_on is not null end as is_placed_6m,
        {%- for outcome, days in {"placed_at_exit": 30, "employed_3m": 92, "employed_6m": 183}.items() %}
        case
            when end_date + {{ days }} <= observed_until
                then coalesce(first_job_date <= end_date + {{ days }}, false)
        end as is_{{ outcome }},
        {%- endfor %}
        case
            when placed_on + 365 <= observed_until
                then coalesce(registered_again_date <= placed_on + 365, false)
        end as is_churned_back_12m,
        {%- for outcome in ["retained", "retained_employer"] %}
        {%- for months, days in {"6m": 183, "12m": 365}.items() %}
        case when placed_on + {{ days }} <= observed_until then is_{{ outcome }}_{{ months }} end
            as is_{{ outcome }}_{{ months }},
        {%- endfor %}
        {%- endfor %}
        case when exit_date + 365 <= observed_until then is_credentialed end as is_credentialed,
        case when {{ quarter_of('exit_date', 3) }} - 1 <= observed_until then is_employed_q2 end as is_employed_q2,
        case when {{ quarter_of('exit_date', 5) }} - 1 <= observed_until then is_employed_q4 end as is_employed_q4,
        case when {{ quarter_of('exit_date', 5) }} - 1 <= observed_until then is_employer_retained end
            as is_employer_retained,
        case when {{ quarter_of('exit_date', 3) }} - 1 <= observed_until then earnings_q2_krw end as earnings_q2_krw
    from with_previous
)

select
    *,
    exclusion_reason is not null as is_excluded
from windows
