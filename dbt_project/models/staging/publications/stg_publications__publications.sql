{{ config(enabled=has_source('publications')) }}

with

latest as (
    {{ latest_versions(
        'publications',
        key=['release_id', 'table_id', 'time_period', 'cell_id'],
        provider_timestamp='published_at'
    ) }}
)

select {{ conformed_columns('publications') }}
from latest
