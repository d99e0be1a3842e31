{{ config(materialized='view') }}

with

providers as (
    {{ union_providers('vacancies') }}
)

select * from providers
