with

links as (
    {{ union_providers('industry_crosswalks') }}
)

select * from links
