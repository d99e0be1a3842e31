{{ config(enabled=has_source('jobposting_schemaorg')) }}

with

latest as (
    {{ latest_versions('jobposting_schemaorg', key=['posting_id']) }}
),

postings as (
    select
        * exclude (region_code),
        false as is_submission,
        posted_date as registered_date,
        organisation_name as employer_name,
        'ONET' as occupation_scheme,
        onet_code as occupation_code,
        country_code || '-' || region_code as region_code,
        expires_date as close_date,
        false as is_until_filled
    from latest
)

select {{ conformed_columns(
    'vacancies',
    missing=[
        'licence_text', 'career_months', 'channel_code', 'office_code', 'business_no', 'workplace_no', 'industry_code', 'employment_type_code',
        'wage_currency', 'wage_type_code', 'wage_min', 'wage_max', 'wage_month_min', 'wage_month_max', 'weekly_hours',
        'career_code', 'education_code', 'has_contact_phone', 'provider_updated_at'
    ]
) }}
from postings
