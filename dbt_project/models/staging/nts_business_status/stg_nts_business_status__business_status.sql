{{ config(enabled=has_source('nts_business_status')) }}

with

latest as (
    {{ latest_versions(
        'nts_business_status',
        key=['business_no'],
        provider_timestamp='checked_date'
    ) }}
)

select {{ conformed_columns('business_status') }}
from latest
