-- Records by source and month with a counterpart to find in another register, and those that have found it.
with

insured_persons as (
    select distinct person_key from {{ ref('fct_insured_spells') }}
),

seekers as (
    select distinct seeker_reg_no from {{ ref('fct_registration_spells') }}
),

training_runs as (
    select distinct
        course_id,
        run_no
    from {{ ref('fct_training_runs') }}
),

workplaces as (
    select distinct workplace_no from {{ ref('dim_workplace') }}
),

records as (
    select
        coalesce(submission_source_id, posting_source_id) as source_id,
        'employers' as linked_with,
        coalesce(first_received_date, registered_date) as record_date,
        employer_no is not null as is_linked
    from {{ ref('fct_vacancies') }}
    union all
    select
        spells.source_id,
        'workplaces' as linked_with,
        spells.first_received_date as record_date,
        workplaces.workplace_no is not null as is_linked
    from {{ ref('fct_insured_spells') }} as spells
    left join workplaces on spells.workplace_no = workplaces.workplace_no
    union all
    select
        registrations.source_id,
        'insured_persons' as linked_with,
        registrations.first_received_date as record_date,
        insured_persons.person_key is not null as is_linked
    from {{ ref('fct_registration_spells') }} as registrations
    left join insured_persons on registrations.person_key = insured_persons.person_key
    union all
    select
        claims.source_id,
        'insured_persons' as linked_with,
        claims.first_received_date as record_date,
        insured_persons.person_key is not null as is_linked
    from {{ ref('fct_ui_claims') }} as claims
    left join insured_persons on claims.person_key = insured_persons.person_key
    union all
    select
        referrals.source_id,
        'registrations' as linked_with,
        referrals.referred_date as record_date,
        seekers.seeker_reg_no is not null as is_linked
    from {{ ref('fct_referrals') }} as referrals
    left join seekers on referrals.seeker_reg_no = seekers.seeker_reg_no
    union all
    select
        enrolments.source_id,
        'training_runs' as linked_with,
        enrolments.enrolled_date as record_date,
        training_runs.course_id is not null as is_linked
    from {{ ref('fct_training_enrolments') }} as enrolments
    left join training_runs
        on enrolments.course_id = training_runs.course_id and enrolments.run_no = training_runs.run_no
    union all
    select
        source_id,
        'persons' as linked_with,
        start_date as record_date,
        person_key is not null as is_linked
    from {{ ref('fct_service_episodes') }}
    union all
    select
        source_id,
        'vacancies' as linked_with,
        received_date as record_date,
        vacancy_key is not null as is_linked
    from {{ ref('fct_vacancy_reviews') }}
)

select
    source_id,
    linked_with,
    {{ month_of('record_date') }} as month_date,
    count(*) as records_linkable,
    count(*) filter (where is_linked) as records_linked
from records
where record_date >= {{ first_quality_month() }} and record_date <= {{ as_of() }}
group by source_id, linked_with, {{ month_of('record_date') }}
