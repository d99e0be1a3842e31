with

occupations as (
    select
        'KECO' as occupation_scheme,
        occupation_code,
        occupation_level,
        parent_code,
        name_ko,
        name_en,
        valid_from,
        valid_to
    from {{ ref('occupations') }}
)

select * from occupations
