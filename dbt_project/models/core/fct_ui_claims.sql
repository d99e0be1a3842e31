with

providers as (
    {{ union_providers('ui_claims') }}
)

select * from providers
