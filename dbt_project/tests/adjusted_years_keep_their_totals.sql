{{ config(severity='error', meta={'mart': 'mart_employment_trends_adjusted', 'kind': 'completeness'}) }}
-- Adjustment moves a figure within the year: totals of full calendar years stay within half a percent.
with

years as (
    select
        indicator,
        region_code,
        sex,
        extract(year from ref_period) as year_no,
        sum(value_nsa) as original,
        sum(value_sa) as adjusted
    from {{ ref('mart_employment_trends_adjusted') }}
    where value_sa is not null and decomposition <> 'INDIRECT'
    group by indicator, region_code, sex, extract(year from ref_period)
    having count(*) = 12
)

select * from years
where abs(adjusted - original) > 0.005 * abs(original)
