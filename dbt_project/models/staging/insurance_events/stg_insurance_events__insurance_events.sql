{{ config(enabled=has_source('insurance_events')) }}

with

latest as (
    {{ latest_versions(
        'insurance_events',
        key=['event_no'],
        provider_timestamp='reported_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('insurance_events') }}
from latest
