{{ config(enabled=has_source('seeker_registrations')) }}

with

latest as (
    {{ latest_versions(
        'seeker_registrations',
        key=['seeker_reg_no'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('registrations') }}
from latest
