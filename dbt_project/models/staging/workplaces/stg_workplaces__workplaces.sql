{{ config(enabled=has_source('workplaces')) }}

with

latest as (
    {{ latest_versions(
        'workplaces',
        key=['workplace_no'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('workplaces') }}
from latest
