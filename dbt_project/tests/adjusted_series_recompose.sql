{{ config(severity='error', meta={'mart': 'mart_employment_trends_adjusted', 'kind': 'completeness'}) }}
-- Adjusted, seasonal and holiday part give the original; trend and irregular part give the adjusted series.
with

recomposed as (
    select
        ref_period,
        indicator,
        region_code,
        sex,
        value_nsa,
        value_sa,
        case
            when decomposition = 'MULTIPLICATIVE' then value_sa * cast(seasonal as double) * holiday
            else value_sa + seasonal + holiday
        end as original,
        case
            when decomposition = 'MULTIPLICATIVE' then value_trend * cast(irregular as double)
            else value_trend + irregular
        end as adjusted
    from {{ ref('mart_employment_trends_adjusted') }}
    where value_sa is not null and decomposition <> 'INDIRECT'
)

select * from recomposed
where
    abs(original - value_nsa) > 0.001 + 0.0001 * abs(value_nsa)
    or abs(adjusted - value_sa) > 0.001 + 0.0001 * abs(value_nsa)
