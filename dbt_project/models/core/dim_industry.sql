-- Industries. A full classification that was delivered stands in the place of our short list of it.
with

delivered as (
    {{ union_providers('industries') }}
),

listed as (
    select
        'KSIC' as industry_scheme,
        '11' as scheme_version,
        industry_code,
        industry_level,
        coalesce(parent_code, industry_code) as section_code,
        parent_code,
        name_ko,
        name_en,
        valid_from,
        valid_to
    from {{ ref('industries') }}
),

industries as (
    select * from listed
    where industry_scheme not in (select delivered.industry_scheme from delivered)
    union all
    select
        delivered.industry_scheme,
        delivered.scheme_version,
        delivered.industry_code,
        delivered.industry_level,
        delivered.section_code,
        delivered.parent_code,
        delivered.name_ko,
        coalesce(delivered.name_en, listed.name_en) as name_en,
        delivered.valid_from,
        delivered.valid_to
    from delivered
    left join listed
        on delivered.industry_scheme = listed.industry_scheme and delivered.industry_code = listed.industry_code
)

select * from industries
