-- Cells of the trends with a number: every combination of codes that a register knows. Totals and provinces are the
-- same for all registers, so that a figure of one stands over a figure of another.
with

known as (
    select distinct
        breakdown_type,
        region_code,
        occupation_code,
        '_T' as industry_code,
        '_T' as sex,
        '_T' as age_group
    from {{ ref('int_labour_counts__monthly') }}
    union all
    select distinct
        breakdown_type,
        region_code,
        '_T' as occupation_code,
        industry_code,
        sex,
        age_group
    from {{ ref('int_insured_events__monthly') }}
    union all
    select distinct
        breakdown_type,
        region_code,
        '_T' as occupation_code,
        industry_code,
        sex,
        age_group
    from {{ ref('int_insured_persons__monthly') }}
    union all
    select distinct
        breakdown_type,
        region_code,
        '_T' as occupation_code,
        '_T' as industry_code,
        '_T' as sex,
        '_T' as age_group
    from {{ ref('int_ui_claims__counted') }}
    union all
    select distinct
        breakdown_type,
        region_code,
        '_T' as occupation_code,
        '_T' as industry_code,
        '_T' as sex,
        '_T' as age_group
    from {{ ref('int_ui_payments__counted') }}
),

cells as (
    select
        cast(row_number() over (
            order by breakdown_type, region_code, occupation_code, industry_code, sex, age_group
        ) as integer) as cell_no,
        breakdown_type,
        region_code,
        occupation_code,
        industry_code,
        sex,
        age_group,
        breakdown_type in ('total', 'region') as is_shared,
        breakdown_type in ('total', 'region', 'occupation', 'region_occupation') as is_labour,
        breakdown_type in ('total', 'region', 'industry', 'sex', 'age_group') as is_insurance,
        breakdown_type = 'region_occupation' as is_crossed
    from known
    group by breakdown_type, region_code, occupation_code, industry_code, sex, age_group
)

select * from cells
