-- What came after the first job of each episode: who is still insured half a year and a year after it began, and when
-- the person registered as a job seeker again.
with

first_jobs as (
    select
        episode_no,
        person_key,
        person_id,
        employer_no,
        acquisition_date
    from {{ ref('int_episode_jobs__first') }}
),

spells as (
    select
        person_id,
        workplace_no,
        acquisition_date,
        loss_date
    from {{ ref('fct_insured_spells') }}
    where is_headline and not is_inverted
),

-- only jobs that reach a day on which somebody looks
later_jobs as (
    select
        first_jobs.episode_no,
        first_jobs.acquisition_date as placed_on,
        first_jobs.employer_no as first_employer_no,
        spells.acquisition_date,
        spells.loss_date,
        coalesce(workplaces.business_no, spells.workplace_no) as employer_no
    from first_jobs
    inner join spells
        on
            first_jobs.person_id = spells.person_id
            and first_jobs.acquisition_date + 365 >= spells.acquisition_date
            and first_jobs.acquisition_date + 183 < coalesce(spells.loss_date, cast('9999-12-31' as date))
    left join {{ ref('dim_workplace') }} as workplaces on spells.workplace_no = workplaces.workplace_no
),

retained as (
    select
        episode_no,
    {%- for months, days in {"6m": 183, "12m": 365}.items() %}
    bool_or(
        acquisition_date <= placed_on + {{ days }} and coalesce(loss_date > placed_on + {{ days }}, true)
    ) as is_retained_{{ months }},
    bool_or(
        employer_no = first_employer_no
        and acquisition_date <= placed_on + {{ days }}
        and coalesce(loss_date > placed_on + {{ days }}, true)
    ) as is_retained_employer_{{ months }}{{ "," if not loop.last }}
    {%- endfor %}
    from later_jobs
    group by episode_no
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

followed as (
    select
        first_jobs.episode_no,
        {%- for outcome in ["retained", "retained_employer"] %}
        {%- for months in ["6m", "12m"] %}
        coalesce(retained.is_{{ outcome }}_{{ months }}, false) as is_{{ outcome }}_{{ months }},
        {%- endfor %}
        {%- endfor %}
        registered_again.reg_date as registered_again_date
    from first_jobs
    left join retained on first_jobs.episode_no = retained.episode_no
    left join registered_again on first_jobs.episode_no = registered_again.episode_no
)

select * from followed
