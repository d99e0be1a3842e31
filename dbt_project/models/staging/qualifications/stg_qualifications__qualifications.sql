{{ config(enabled=has_source('qualifications')) }}

with

latest as (
    {{ latest_versions(
        'qualifications',
        key=['qualification_code'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('qualifications') }}
from latest
