{{ config(enabled=has_source('usajobs_announcements')) }}

with

latest as (
    {{ latest_versions('usajobs_announcements', key=['control_number', 'open_date']) }}
),

numbered as (
    select
        *,
        row_number() over (partition by control_number order by open_date) as use_no
    from latest
),

postings as (
    select
        *,
        control_number || case when use_no > 1 then '-' || use_no else '' end as posting_id,
        false as is_submission,
        open_date as registered_date,
        coalesce(subagency, nullif(agency, 'Other Agencies and Independent Organizations'), department)
            as employer_name,
        {{ mended_punctuation('position_title') }} as title,
        'US_OPM' as occupation_scheme,
        left({{ json_text('occupation_series', '$[0]') }}, 4) as occupation_code,
        false as is_until_filled,
        usajobs_url as url
    from numbered
)

select {{ conformed_columns(
    'vacancies',
    missing=[
        'description', 'licence_text', 'career_months', 'channel_code', 'office_code', 'business_no', 'workplace_no', 'industry_code', 'region_code',
        'employment_type_code', 'wage_currency', 'wage_type_code', 'wage_min', 'wage_max', 'wage_month_min',
        'wage_month_max', 'weekly_hours', 'career_code', 'education_code', 'openings', 'has_contact_phone',
        'provider_updated_at'
    ]
) }}
from postings
