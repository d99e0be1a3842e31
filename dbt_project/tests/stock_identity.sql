{{ config(severity='error', meta={'mart': 'mart_employment_trends_monthly', 'kind': 'identity'}) }}
-- On persons: stock of a month = stock of the month before + entries - exits. Age bands also exchange people.
with

stocks as (
    select
        breakdown_type,
        region_code,
        industry_code,
        sex,
        ref_period,
        sum(numerator) filter (where indicator = 'insured_stock') as stock,
        sum(numerator) filter (where indicator = 'insured_entries') as entries,
        sum(numerator) filter (where indicator = 'insured_exits') as exits
    from {{ ref('mart_employment_trends_monthly') }}
    where
        indicator in ('insured_stock', 'insured_entries', 'insured_exits')
        and breakdown_type <> 'age_group'
    group by breakdown_type, region_code, industry_code, sex, ref_period
),

chained as (
    select
        *,
        lag(stock) over (
            partition by breakdown_type, region_code, industry_code, sex
            order by ref_period
        ) as stock_before
    from stocks
)

select * from chained
where stock_before is not null and stock <> stock_before + entries - exits
