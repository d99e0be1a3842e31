{{ config(severity='error', meta={'mart': 'mart_employment_trends_monthly', 'kind': 'identity'}) }}
-- Every insured person has one age band and one sex.
with

stocks as (
    select
        ref_period,
        sum(numerator) filter (where breakdown_type = 'total') as total,
        sum(numerator) filter (where breakdown_type = 'age_group') as by_age,
        sum(numerator) filter (where breakdown_type = 'sex') as by_sex
    from {{ ref('mart_employment_trends_monthly') }}
    where indicator = 'insured_stock'
    group by ref_period
)

select * from stocks
where total is distinct from by_age or total is distinct from by_sex
