{{ config(enabled=has_source('eligible_populations')) }}

with

latest as (
    {{ latest_versions(
        'eligible_populations',
        key=['period', 'client_group'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('eligible_populations') }}
from latest
