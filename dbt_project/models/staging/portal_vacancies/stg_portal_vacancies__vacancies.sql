{{ config(enabled=has_source('portal_vacancies')) }}

with

latest as (
    {{ latest_versions('portal_vacancies', key=['posting_id'], provider_timestamp='modified_at') }}
),

postings as (
    select
        *,
        false as is_submission,
        posted_date as registered_date,
        company as employer_name,
        'KECO' as occupation_scheme,
        employment_type as employment_type_code,
        left(wage_unit, 1) as wage_type_code,
        {{ wage_per_month('nullif(wage_min, 0)', 'left(wage_unit, 1)', 'null') }} as wage_month_min,
        {{ wage_per_month('nullif(wage_max, 0)', 'left(wage_unit, 1)', 'null') }} as wage_month_max,
        valid_through as close_date,
        valid_through is null as is_until_filled,
        modified_at as provider_updated_at
    from latest
)

select {{ conformed_columns(
    'vacancies',
    missing=[
        'licence_text', 'career_months', 'channel_code', 'office_code', 'workplace_no', 'industry_code', 'weekly_hours', 'career_code',
        'education_code', 'has_contact_phone'
    ]
) }}
from postings
