with

providers as (
    select * from {{ ref('int_vacancy_reviews__unioned') }}
)

select * from providers
