{{ config(enabled=has_source('service_contacts')) }}

with

latest as (
    {{ latest_versions(
        'service_contacts',
        key=['contact_id'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('service_contacts') }}
from latest
