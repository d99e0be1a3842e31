{{ config(enabled=has_source('coaching_sessions')) }}

with

latest as (
    {{ latest_versions(
        'coaching_sessions',
        key=['session_id'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('coaching_sessions') }}
from latest
