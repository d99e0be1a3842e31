{{ config(enabled=has_source('jobtech_ads')) }}

with

latest as (
    {{ latest_versions('jobtech_ads', key=['ad_id'], provider_timestamp='updated_epoch_ms') }}
),

postings as (
    select
        * exclude (region_code),
        ad_id as posting_id,
        false as is_submission,
        {{ date_at('published_at', 'Europe/Stockholm') }} as registered_date,
        headline as title,
        'SSYK' as occupation_scheme,
        ssyk_code as occupation_code,
        'SE-' || municipality_code as region_code,
        least(
            {{ date_at('application_deadline', 'Europe/Stockholm') }},
            {{ date_at('last_published_at', 'Europe/Stockholm') }},
            case when is_removed then {{ date_at('removed_at', 'Europe/Stockholm') }} end
        ) as close_date,
        false as is_until_filled,
        application_url as url,
        {{ from_epoch_ms('updated_epoch_ms') }} as provider_updated_at
    from latest
)

select {{ conformed_columns(
    'vacancies',
    missing=[
        'licence_text', 'career_months', 'channel_code', 'office_code', 'business_no', 'workplace_no', 'industry_code', 'employment_type_code',
        'wage_currency', 'wage_type_code', 'wage_min', 'wage_max', 'wage_month_min', 'wage_month_max', 'weekly_hours',
        'career_code', 'education_code'
    ]
) }}
from postings
