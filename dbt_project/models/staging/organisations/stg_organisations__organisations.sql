{{ config(enabled=has_source('organisations')) }}

with

latest as (
    {{ latest_versions(
        'organisations',
        key=['organisation_code', 'valid_from'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('organisations') }}
from latest
