{{ config(enabled=has_source('title_corrections')) }}

with

latest as (
    {{ latest_versions(
        'title_corrections',
        key=['scheme', 'title'],
        provider_timestamp='corrected_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('title_corrections') }}
from latest
