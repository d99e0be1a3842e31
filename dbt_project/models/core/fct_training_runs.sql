with

providers as (
    {{ union_providers('training_runs') }}
)

select * from providers
