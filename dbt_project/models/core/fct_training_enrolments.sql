with

providers as (
    {{ union_providers('training_enrolments') }}
)

select * from providers
