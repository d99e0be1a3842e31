with

counts as (
    select indicator from {{ ref('trend_indicators') }}
    where is_adjusted
),

trends as (
    select
        ref_period,
        time_period,
        indicator,
        breakdown_type,
        region_code,
        sex,
        value,
        numerator,
        denominator,
        unit,
        status,
        as_of,
        coverage_note,
        null_reason,
        avg(case when status = 'F' then value end) over (partition by indicator, region_code, sex) as mean_value
    from {{ ref('mart_employment_trends_monthly') }}
    where
        breakdown_type in ('total', 'sex')
        or breakdown_type = 'region'
        and region_code <> '_U'
        and indicator in ('{{ var("adjusted_by_region") | join("', '") }}')
),

originals as (
    select
        trends.ref_period,
        trends.time_period,
        trends.indicator,
        trends.region_code,
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
            when trends.breakdown_type = 'region' and trends.mean_value < {{ var('adjusted_region_least') }}
                then 'too_few_a_month'
            else 'fewer_than_36_months'
        end as reason_without
    from trends
    inner join {{ ref('trend_indicators') }} as indicators on trends.indicator = indicators.indicator
    where
        indicators.is_adjusted
        or indicators.numerator in (select counts.indicator from counts)
        and indicators.denominator in (select counts.indicator from counts)
),

adjusted as (
    select
        indicator,
        region_code,
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
        lag(adjusted) over (partition by indicator, region_code, sex order by ref_period) as adjusted_before
    from {{ ref('int_series__adjusted') }}
)

select
    cast(originals.ref_period as date) as ref_period,
    cast(originals.time_period as varchar) as time_period,
    cast(originals.indicator as varchar) as indicator,
    cast(originals.region_code as varchar) as region_code,
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
        and originals.region_code = adjusted.region_code
        and originals.sex = adjusted.sex
        and originals.ref_period = adjusted.ref_period
