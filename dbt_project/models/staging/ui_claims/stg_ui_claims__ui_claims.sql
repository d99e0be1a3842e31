{{ config(enabled=has_source('ui_claims')) }}

with

latest as (
    {{ latest_versions(
        'ui_claims',
        key=['claim_no'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('ui_claims') }}
from latest
