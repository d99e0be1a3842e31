{{ config(enabled=has_source('referrals')) }}

with

latest as (
    {{ latest_versions(
        'referrals',
        key=['referral_id'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('referrals') }}
from latest
