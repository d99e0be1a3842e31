with

programmes as (
    {{ union_providers('training_programmes') }}
)

select * from programmes
