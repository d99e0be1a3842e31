{{ config(enabled=has_source('assessments')) }}

with

latest as (
    {{ latest_versions(
        'assessments',
        key=['assessment_id'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('assessments') }}
from latest
