with

providers as (
    {{ union_providers('ui_payments') }}
)

select * from providers
