with

counts as (
    select indicator from {{ ref('trend_indicators') }}
    where is_adjusted
),

originals as (
    select
        trends.ref_period,
        trends.time_period,
        trends.indicator,
        trends.breakdown_type,
        trends.sex,
        trends.value,
        trends.numerator,
        trends.denominator,
        trends.unit,
        trends.status,
        trends.as_of,
        trends.coverage_note,
        trends.null_reason,
        indicators.is_adjusted as is_direct,
        case
            when trends.status = 'P' then 'provisional_month'
            when trends.value is null then trends.null_reason
            else 'fewer_than_36_months'
        end as reason_without
    from {{ ref('mart_employment_trends_monthly') }} as trends
    inner join {{ ref('trend_indicators') }} as indicators on trends.indicator = indicators.indicator
    where
        trends.breakdown_type in ('total', 'sex')
        and (
            indicators.is_adjusted
            or indicators.numerator in (select counts.indicator from counts)
            and indicators.denominator in (select counts.indicator from counts)
        )
),

adjusted as (
    select
        indicator,
        sex,
        ref_period,
        is_multiplicative,
        has_holidays,
        adjusted,
        trend,
        seasonal,
        holiday,
        irregular,
        qs_original_p,
        qs_p,
        f_p,
        lag(adjusted) over (partition by indicator, sex order by ref_period) as adjusted_before
    from {{ ref('int_series__adjusted') }}
)

select
    cast(originals.ref_period as date) as ref_period,
    cast(originals.time_period as varchar) as time_period,
    cast(originals.indicator as varchar) as indicator,
    cast(originals.sex as varchar) as sex,
    cast(originals.value as decimal(28, 10)) as value_nsa,
    cast(round(adjusted.adjusted, 4) as decimal(18, 4)) as value_sa,
    cast(round(adjusted.trend, 4) as decimal(18, 4)) as value_trend,
    cast(round(adjusted.seasonal, 8) as decimal(28, 8)) as seasonal,
    cast(round(adjusted.holiday, 8) as decimal(28, 8)) as holiday,
    cast(round(adjusted.irregular, 8) as decimal(28, 8)) as irregular,
    cast(
        case
            when adjusted.indicator is not null and not originals.is_direct then 'INDIRECT'
            when adjusted.is_multiplicative then 'MULTIPLICATIVE'
            when adjusted.indicator is not null then 'ADDITIVE'
        end as varchar
    ) as decomposition,
    cast(adjusted.has_holidays as boolean) as has_holiday_regression,
    cast(
        round(100 * (adjusted.adjusted / nullif(adjusted.adjusted_before, 0) - 1), 4) as decimal(18, 4)
    ) as change_1m_percent,
    cast(round(adjusted.qs_original_p, 4) as decimal(6, 4)) as qs_p_value_nsa,
    cast(round(adjusted.qs_p, 4) as decimal(6, 4)) as qs_p_value_sa,
    cast(round(adjusted.f_p, 4) as decimal(6, 4)) as f_p_value_sa,
    cast(originals.unit as varchar) as unit,
    cast(originals.status as varchar) as status,
    {{ as_of() }} as as_of,
    cast(originals.coverage_note as varchar) as coverage_note,
    cast(case when adjusted.indicator is null then originals.reason_without end as varchar) as null_reason
from originals
left join adjusted
    on
        originals.indicator = adjusted.indicator
        and originals.sex = adjusted.sex
        and originals.ref_period = adjusted.ref_period
