{{ config(enabled=has_source('agency_licences')) }}

with

latest as (
    {{ latest_versions(
        'agency_licences',
        key=['licence_no'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('agency_licences') }}
from latest
