{{ config(enabled=has_source('dictionary_summaries')) }}

with

latest as (
    {{ latest_versions(
        'dictionary_summaries',
        key=['keco_code'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
),

summaries as (
    select
        'KECO' as occupation_scheme,
        '2025' as scheme_version,
        keco_code as occupation_code,
        summary as description,
        job_zone
    from latest
)

select {{ conformed_columns('occupation_summaries') }}
from summaries
