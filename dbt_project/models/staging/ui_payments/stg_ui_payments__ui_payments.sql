{{ config(enabled=has_source('ui_payments')) }}

with

latest as (
    {{ latest_versions(
        'ui_payments',
        key=['payment_no'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('ui_payments') }}
from latest
