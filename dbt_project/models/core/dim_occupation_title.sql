with

titles as (
    {{ union_providers('occupation_titles') }}
)

select * from titles
