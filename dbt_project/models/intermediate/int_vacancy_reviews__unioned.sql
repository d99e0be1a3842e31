{{ config(materialized='view') }}

with

providers as (
    {{ union_providers('vacancy_reviews') }}
)

select * from providers
