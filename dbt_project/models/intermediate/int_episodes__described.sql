-- Episodes of service with what the register of seekers knows of the client, and when the client's next episode began.
with

episodes as (
    {{ union_providers('service_episodes') }}
),

persons as (
    select distinct
        person_key,
        person_id
    from {{ ref('fct_insured_spells') }}
),

registrations as (
    select
        seeker_reg_no,
        min(person_key) as person_key,
        min(reg_date) as reg_date,
        bool_or(education_code in ('01', '02', '03')) as has_low_education,
        bool_or(has_disability) as has_disability,
        bool_or(is_ui_beneficiary) as is_ui_beneficiary,
        max(desired_wage_krw_month) as desired_wage_krw_month
    from {{ ref('fct_registration_spells') }}
    group by seeker_reg_no
),

-- who was found without a resident number brings no number of registration either: the latest one before the start
found_registrations as (
    select
        episodes.episode_id,
        arg_max(registrations.seeker_reg_no, registrations.reg_date || registrations.seeker_reg_no) as seeker_reg_no
    from episodes
    inner join registrations
        on episodes.person_key = registrations.person_key and episodes.start_date >= registrations.reg_date
    where episodes.seeker_reg_no is null
    group by episodes.episode_id
),

identified as (
    select
        episodes.* exclude (seeker_reg_no),
        coalesce(episodes.seeker_reg_no, found_registrations.seeker_reg_no) as seeker_reg_no
    from episodes
    left join found_registrations on episodes.episode_id = found_registrations.episode_id
),

-- the last service before more than 90 days without any, whatever the organisation says of the end
exits as (
    select
        episode_id,
        min(service_date) as exit_date
    from {{ ref('int_episode_services') }}
    where coalesce(next_service_date, {{ as_of() }}) > service_date + 90
    group by episode_id
),

described as (
    select
        identified.source_id,
        identified.episode_id,
        cast(row_number() over (order by identified.episode_id) as integer) as episode_no,
        identified.person_key,
        persons.person_id,
        identified.birth_year,
        identified.sex,
        identified.seeker_reg_no,
        identified.organisation_code,
        identified.programme_code,
        coalesce(identified.client_group, '_U') as client_group,
        identified.start_date,
        identified.end_date,
        {{ 'exits.exit_date' if has_entity('service_contacts') else 'identified.end_date' }} as exit_date,
        identified.exit_reason,
        identified.cost_krw,
        identified.match_probability,
        coalesce(registrations.reg_date, identified.start_date) as reg_date,
        coalesce(registrations.has_low_education, false) as has_low_education,
        coalesce(registrations.has_disability, false) as has_disability,
        coalesce(registrations.is_ui_beneficiary, false) as is_ui_beneficiary,
        registrations.desired_wage_krw_month,
        lead(identified.start_date) over (
            partition by identified.person_key
            order by identified.start_date, identified.episode_id
        ) as next_start_date
    from identified
    left join exits on identified.episode_id = exits.episode_id
    left join persons on identified.person_key = persons.person_key
    left join registrations on identified.seeker_reg_no = registrations.seeker_reg_no
)

select * from described
