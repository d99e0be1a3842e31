with

providers as (
    {{ union_providers('referrals') }}
)

select * from providers
