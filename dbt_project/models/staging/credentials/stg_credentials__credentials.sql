{{ config(enabled=has_source('credentials')) }}

with

latest as (
    {{ latest_versions(
        'credentials',
        key=['credential_no'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('credentials') }}
from latest
