with

estimates as (
    select
        indicator,
        region_code,
        month_date,
        age_months,
        origin_back,
        reported,
        factor_to_last,
        months_min,
        estimated,
        year_before,
        outcome
    from {{ ref('int_nowcasts__backtested') }}
),

-- how the method did where the outcome is known; a year of months behind every factor
backtests as (
    select
        indicator,
        region_code,
        age_months,
        count(*) as backtests,
        sum(abs(estimated - outcome)) as error_nowcast,
        sum(abs(year_before - outcome)) as error_seasonal_naive,
        sum(abs(reported - outcome)) as error_first_publication,
        sum(outcome) as outcome,
        {{ quantile_type7_exact('(outcome - estimated) / nullif(estimated, 0)', 0.1) }} as error_p10,
        {{ quantile_type7_exact('(outcome - estimated) / nullif(estimated, 0)', 0.9) }} as error_p90
    from estimates
    where
        origin_back > 0
        and months_min >= {{ var('nowcast_months_least') }}
        and estimated is not null
        and year_before is not null
        and outcome is not null
    group by indicator, region_code, age_months
),

judged as (
    select
        estimates.indicator,
        estimates.region_code,
        estimates.month_date,
        estimates.age_months,
        estimates.origin_back,
        estimates.reported,
        estimates.factor_to_last,
        estimates.months_min,
        estimates.estimated,
        estimates.outcome,
        backtests.backtests,
        backtests.error_nowcast,
        backtests.error_seasonal_naive,
        backtests.error_first_publication,
        backtests.outcome as backtest_outcome,
        backtests.error_p10,
        backtests.error_p90,
        case
            when estimates.estimated is null or estimates.months_min < {{ var('nowcast_months_least') }}
                then 'too_few_months'
            when coalesce(backtests.backtests, 0) < {{ var('nowcast_backtests_least') }} then 'too_few_backtests'
            when backtests.error_nowcast >= backtests.error_seasonal_naive then 'not_better_than_seasonal_naive'
            when backtests.error_nowcast > backtests.error_first_publication
                then 'not_better_than_first_publication'
        end as withheld_reason
    from estimates
    left join backtests
        on
            estimates.indicator = backtests.indicator
            and estimates.region_code = backtests.region_code
            and estimates.age_months = backtests.age_months
    where estimates.origin_back = 0
)

select
    cast(month_date as date) as ref_period,
    cast(strftime(month_date, '%Y-%m') as varchar) as time_period,
    cast(indicator as varchar) as indicator,
    cast(region_code as varchar) as region_code,
    cast(age_months as integer) as age_months,
    cast(reported as decimal(18, 4)) as value_reported,
    cast(case when withheld_reason is null then {{ ratio('1', 'factor_to_last') }} end as decimal(28, 10))
        as completeness,
    cast(case when withheld_reason is null then estimated end as decimal(18, 4)) as value,
    cast(case when withheld_reason is null then round(estimated * (1 + error_p10), 4) end as decimal(18, 4))
        as interval_low,
    cast(case when withheld_reason is null then round(estimated * (1 + error_p90), 4) end as decimal(18, 4))
        as interval_high,
    cast(0.8 as decimal(4, 2)) as interval_level,
    cast(coalesce(backtests, 0) as integer) as backtests,
    cast(error_nowcast as decimal(18, 4)) as absolute_error_nowcast,
    cast(error_seasonal_naive as decimal(18, 4)) as absolute_error_seasonal_naive,
    cast(error_first_publication as decimal(18, 4)) as absolute_error_first_publication,
    cast(backtest_outcome as decimal(18, 4)) as backtest_outcome,
    cast('CHAIN_LADDER' as varchar) as method,
    cast('E' as varchar) as status,
    {{ as_of() }} as as_of,
    cast(withheld_reason as varchar) as null_reason
from judged
