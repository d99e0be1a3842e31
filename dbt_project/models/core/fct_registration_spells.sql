with

registrations as (
    {{ union_providers('registrations') }}
),

occupations as (
    select
        occupation_code,
        current_occupation_code
    from {{ ref('int_occupations__main') }}
    where occupation_scheme = 'KECO'
),

spells as (
    select
        registrations.seeker_reg_no,
        registrations.person_key,
        registrations.birth_year,
        registrations.sex,
        registrations.reg_date,
        registrations.first_received_date,
        registrations.certified_date,
        registrations.valid_until,
        registrations.renewal_no,
        registrations.entry_channel,
        registrations.office_code,
        registrations.status,
        registrations.status_date,
        case
            when registrations.status <> 'ACTIVE' then registrations.status_date
            when registrations.valid_until < {{ as_of() }} then registrations.valid_until + 1
        end as ended_on,
        case
            when registrations.status <> 'ACTIVE' then registrations.status
            when registrations.valid_until < {{ as_of() }} then 'EXPIRED'
        end as end_reason,
        registrations.region_code,
        registrations.education_code,
        registrations.career_months,
        registrations.desired_occupation_code,
        coalesce(occupations.current_occupation_code, registrations.desired_occupation_code) as current_occupation_code,
        coalesce(
            left(coalesce(occupations.current_occupation_code, registrations.desired_occupation_code), 2), '_U'
        ) as occupation_group,
        registrations.desired_region_code,
        registrations.has_disability,
        registrations.has_career_break,
        registrations.is_ui_beneficiary,
        -- without hours in the register a full-time week is meant
        cast(
            {{ wage_per_month(
                "registrations.desired_wage_min_krw", "registrations.desired_wage_type_code", "40"
            ) }} as bigint
        ) as desired_wage_krw_month,
        registrations.programme_code,
        registrations.source_id
    from registrations
    left join occupations on registrations.desired_occupation_code = occupations.occupation_code
)

select * from spells
