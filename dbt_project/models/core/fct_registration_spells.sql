with

registrations as (
    {{ union_providers('registrations') }}
),

spells as (
    select
        seeker_reg_no,
        person_key,
        birth_year,
        sex,
        reg_date,
        first_received_date,
        certified_date,
        valid_until,
        renewal_no,
        entry_channel,
        office_code,
        status,
        status_date,
        case
            when status <> 'ACTIVE' then status_date
            when valid_until < {{ as_of() }} then valid_until + 1
        end as ended_on,
        case
            when status <> 'ACTIVE' then status
            when valid_until < {{ as_of() }} then 'EXPIRED'
        end as end_reason,
        region_code,
        education_code,
        career_months,
        desired_occupation_code,
        coalesce(left(desired_occupation_code, 2), '_U') as occupation_group,
        desired_region_code,
        has_disability,
        has_career_break,
        is_ui_beneficiary,
        -- without hours in the register a full-time week is meant
        cast(
            {{ wage_per_month('desired_wage_min_krw', 'desired_wage_type_code', '40') }} as bigint
        ) as desired_wage_krw_month,
        programme_code,
        source_id
    from registrations
)

select * from spells
