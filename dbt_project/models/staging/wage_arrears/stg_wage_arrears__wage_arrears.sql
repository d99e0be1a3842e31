{{ config(enabled=has_source('wage_arrears')) }}

with

latest as (
    {{ latest_versions(
        'wage_arrears',
        key=['list_id', 'business_no'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('wage_arrears') }}
from latest
