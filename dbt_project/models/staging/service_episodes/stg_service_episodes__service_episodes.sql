{{ config(enabled=has_source('service_episodes')) }}

with

latest as (
    {{ latest_versions(
        'service_episodes',
        key=['episode_id'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('service_episodes', missing=['match_probability']) }}
from latest
