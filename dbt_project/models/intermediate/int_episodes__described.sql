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
        min(reg_date) as reg_date,
        bool_or(education_code in ('01', '02', '03')) as has_low_education,
        bool_or(has_disability) as has_disability,
        bool_or(is_ui_beneficiary) as is_ui_beneficiary,
        max(desired_wage_krw_month) as desired_wage_krw_month
    from {{ ref('fct_registration_spells') }}
    group by seeker_reg_no
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
        episodes.source_id,
        episodes.episode_id,
        cast(row_number() over (order by episodes.episode_id) as integer) as episode_no,
        episodes.person_key,
        persons.person_id,
        episodes.birth_year,
        episodes.sex,
        episodes.seeker_reg_no,
        episodes.organisation_code,
        episodes.programme_code,
        coalesce(episodes.client_group, '_U') as client_group,
        episodes.start_date,
        episodes.end_date,
        {{ 'exits.exit_date' if has_entity('service_contacts') else 'episodes.end_date' }} as exit_date,
        episodes.exit_reason,
        episodes.cost_krw,
        coalesce(registrations.reg_date, episodes.start_date) as reg_date,
        coalesce(registrations.has_low_education, false) as has_low_education,
        coalesce(registrations.has_disability, false) as has_disability,
        coalesce(registrations.is_ui_beneficiary, false) as is_ui_beneficiary,
        registrations.desired_wage_krw_month,
        lead(episodes.start_date) over (
            partition by episodes.person_key
            order by episodes.start_date, episodes.episode_id
        ) as next_start_date
    from episodes
    left join exits on episodes.episode_id = exits.episode_id
    left join persons on episodes.person_key = persons.person_key
    left join registrations on episodes.seeker_reg_no = registrations.seeker_reg_no
)

select * from described
