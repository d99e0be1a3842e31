with

industries as (
    select
        'KSIC' as industry_scheme,
        industry_code,
        industry_level,
        coalesce(parent_code, industry_code) as section_code,
        parent_code,
        name_ko,
        name_en,
        valid_from,
        valid_to
    from {{ ref('industries') }}
)

select * from industries
