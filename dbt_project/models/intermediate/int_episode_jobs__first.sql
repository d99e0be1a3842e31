-- The first insured job after the start of each episode, what was earned in the job before, and who is still insured
-- half a year and a year after the new one began. Daily work is no placement.
with

episodes as (
    select
        episode_no,
        person_key,
        person_id,
        start_date
    from {{ ref('int_episodes__described') }}
),

spells as (
    select
        insured.person_id,
        insured.spell_no,
        insured.acquisition_date,
        insured.loss_date,
        insured.monthly_pay_krw,
        insured.contract_end_ym is null as is_open_ended,
        coalesce(workplaces.business_no, insured.workplace_no) as employer_no
    from {{ ref('fct_insured_spells') }} as insured
    left join {{ ref('dim_workplace') }} as workplaces on insured.workplace_no = workplaces.workplace_no
    where insured.is_headline and not insured.is_inverted
),

jobs as (
    select
        episodes.episode_no,
        episodes.person_key,
        episodes.person_id,
        spells.spell_no,
        spells.acquisition_date,
        spells.loss_date,
        spells.monthly_pay_krw,
        spells.is_open_ended,
        spells.employer_no,
        spells.acquisition_date > episodes.start_date as is_after,
        row_number() over (
            partition by episodes.episode_no, spells.acquisition_date > episodes.start_date
            order by spells.acquisition_date, spells.spell_no
        ) as order_from_first,
        row_number() over (
            partition by episodes.episode_no, spells.acquisition_date > episodes.start_date
            order by spells.acquisition_date desc, spells.spell_no desc
        ) as order_from_last
    from episodes
    inner join spells on episodes.person_id = spells.person_id
),

first_jobs as (
    select * from jobs
    where is_after and order_from_first = 1
),

previous_jobs as (
    select
        episode_no,
        monthly_pay_krw
    from jobs
    where not is_after and order_from_last = 1
),

retained as (
    select
        first_jobs.episode_no,
    {%- for months, days in {"6m": 183, "12m": 365}.items() %}
    bool_or(
        spells.acquisition_date <= first_jobs.acquisition_date + {{ days }}
        and coalesce(spells.loss_date > first_jobs.acquisition_date + {{ days }}, true)
    ) as is_retained_{{ months }},
    bool_or(
        spells.employer_no = first_jobs.employer_no
        and spells.acquisition_date <= first_jobs.acquisition_date + {{ days }}
        and coalesce(spells.loss_date > first_jobs.acquisition_date + {{ days }}, true)
    ) as is_retained_employer_{{ months }}{{ "," if not loop.last }}
    {%- endfor %}
    from first_jobs
    inner join spells on first_jobs.person_id = spells.person_id
    group by first_jobs.episode_no
),

registered_again as (
    select
        first_jobs.episode_no,
        min(registrations.reg_date) as reg_date
    from first_jobs
    inner join {{ ref('fct_registration_spells') }} as registrations
        on
            first_jobs.person_key = registrations.person_key
            and first_jobs.acquisition_date < registrations.reg_date
    group by first_jobs.episode_no
),

joined as (
    select
        first_jobs.episode_no,
        first_jobs.spell_no,
        first_jobs.acquisition_date,
        first_jobs.loss_date,
        first_jobs.monthly_pay_krw,
        first_jobs.is_open_ended,
        previous_jobs.monthly_pay_krw as previous_monthly_pay_krw,
        registered_again.reg_date as registered_again_date,
        retained.is_retained_6m,
        retained.is_retained_12m,
        retained.is_retained_employer_6m,
        retained.is_retained_employer_12m
    from first_jobs
    inner join retained on first_jobs.episode_no = retained.episode_no
    left join previous_jobs on first_jobs.episode_no = previous_jobs.episode_no
    left join registered_again on first_jobs.episode_no = registered_again.episode_no
)

select * from joined
