{{ config(enabled=has_source('vacancy_submissions')) }}

with

latest as (
    {{ latest_versions(
        'vacancy_submissions',
        key=['posting_id'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
),

submissions as (
    select
        *,
        true as is_submission,
        submitted_date as registered_date,
        company as employer_name,
        duties as description,
        'KECO' as occupation_scheme,
        'KRW' as wage_currency,
        wage_min_krw as wage_min,
        nullif(wage_max_krw, 0) as wage_max,
        {{ wage_per_month('nullif(wage_min_krw, 0)', 'wage_type_code', 'weekly_hours') }} as wage_month_min,
        {{ wage_per_month('nullif(wage_max_krw, 0)', 'wage_type_code', 'weekly_hours') }} as wage_month_max,
        {{ parse_provider_date('close_date_text') }} as close_date,
        {{ says_until_filled('close_date_text') }} as is_until_filled,
        updated_at as provider_updated_at
    from latest
)

select {{ conformed_columns('vacancies', missing=['licence_text', 'career_months', 'url']) }}
from submissions
