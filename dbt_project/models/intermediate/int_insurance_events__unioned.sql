{{ config(materialized='view') }}

with

providers as (
    {{ union_providers('insurance_events') }}
)

select * from providers
