{{ config(enabled=has_source('performance_targets')) }}

with

latest as (
    {{ latest_versions(
        'performance_targets',
        key=['organisation_code', 'programme_code', 'period', 'indicator_code'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('performance_targets') }}
from latest
