{{ config(enabled=has_source('satisfaction_surveys')) }}

with

latest as (
    {{ latest_versions(
        'satisfaction_surveys',
        key=['organisation_code', 'programme_code', 'period', 'respondent'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('satisfaction_surveys') }}
from latest
