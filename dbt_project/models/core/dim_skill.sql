with

skills as (
    select
        skill_code,
        category,
        label_ko,
        label_en
    from {{ ref('skills') }}
)

select * from skills
