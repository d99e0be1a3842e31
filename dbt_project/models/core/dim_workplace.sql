with

workplaces as (
    {{ union_providers('workplaces') }}
),

ranked as (
    select
        *,
        row_number() over (partition by workplace_no order by source_id) as provider_rank
    from workplaces
),

divisions as (
    select
        industry_code as division_code,
        section_code
    from {{ ref('dim_industry') }}
    where industry_scheme = 'KSIC' and industry_level = 2 and is_current
),

placed as (
    select
        ranked.workplace_no,
        ranked.business_no,
        ranked.employer_name,
        ranked.industry_code,
        coalesce(divisions.section_code, '_U') as industry_section,
        ranked.region_code,
        ranked.headcount,
        ranked.established_date,
        ranked.closed_date,
        ranked.source_id
    from ranked
    left join divisions on left(ranked.industry_code, 2) = divisions.division_code
    where ranked.provider_rank = 1
)

select * from placed
