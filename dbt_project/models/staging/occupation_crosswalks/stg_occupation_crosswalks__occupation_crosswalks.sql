{{ config(enabled=has_source('occupation_crosswalks')) }}

with

latest as (
    {{ latest_versions(
        'occupation_crosswalks',
        key=['from_scheme', 'from_version', 'from_code', 'to_scheme', 'to_version', 'to_code']
    ) }}
)

select {{ conformed_columns('occupation_crosswalks') }}
from latest
