{{ config(materialized='view') }}

-- One province per district: of those that it was split between, the one that got most of it.
with

main as (
    select
        region_code,
        current_sido_code
    from {{ ref('int_sidos__current') }}
    qualify row_number() over (partition by region_code order by weight desc, current_sido_code asc) = 1
)

select * from main
