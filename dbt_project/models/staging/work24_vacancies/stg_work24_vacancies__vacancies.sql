{{ config(enabled=has_source('work24_vacancies')) }}

with

latest as (
    {{ latest_versions('work24_vacancies', key=['wanted_auth_no'], provider_timestamp='modified_at') }}
),

postings as (
    select
        *,
        wanted_auth_no as posting_id,
        false as is_submission,
        company as employer_name,
        duties as description,
        certificate as licence_text,
        12 * try_cast(regexp_extract(career_sentence, '최소\s*(\d+)\s*년', 1) as bigint) as career_months,
        'KECO' as occupation_scheme,
        'KRW' as wage_currency,
        nullif(wage_min_krw, 0) as wage_min,
        nullif(wage_max_krw, 0) as wage_max,
        {{ wage_per_month('nullif(wage_min_krw, 0)', 'wage_type_code', 'null') }} as wage_month_min,
        {{ wage_per_month('nullif(wage_max_krw, 0)', 'wage_type_code', 'null') }} as wage_month_max,
        {{ parse_provider_date('close_date_text') }} as close_date,
        {{ says_until_filled('close_date_text') }} as is_until_filled,
        modified_at as provider_updated_at
    from latest
)

select {{ conformed_columns(
    'vacancies',
    missing=['channel_code', 'office_code', 'workplace_no', 'industry_code', 'weekly_hours', 'education_code']
) }}
from postings
