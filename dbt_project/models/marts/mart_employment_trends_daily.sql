with

days as (
    select
        indicator,
        region_code,
        ref_date,
        amount,
        reported_share,
        days_in_week,
        amount_7d,
        reported_share_7d
    from {{ ref('int_trend_days') }}
)

select
    cast(days.ref_date as date) as ref_date,
    cast(days.indicator as varchar) as indicator,
    cast(days.region_code as varchar) as region_code,
    cast(days.amount as decimal(18, 4)) as value,
    cast(case when days.days_in_week = 7 then {{ ratio('days.amount_7d', '7') }} end as decimal(28, 10))
        as mean_7d,
    cast(weekdays.amount as decimal(18, 4)) as value_weekday_year_before,
    cast(comparable.amount as decimal(18, 4)) as value_calendar_year_before,
    cast(calendar.calendar_year_before_date as date) as calendar_year_before_date,
    cast(calendar.is_working_day as boolean) as is_working_day,
    cast(days.reported_share as decimal(28, 10)) as completeness,
    cast(case when days.days_in_week = 7 then round(days.reported_share_7d, 10) end as decimal(28, 10))
        as completeness_7d,
    cast(coalesce(days.reported_share >= {{ var('headline_completeness') }}, false) as boolean) as is_headline,
    cast(breaks.break_reason as varchar) as break_reason,
    cast(indicators.unit as varchar) as unit,
    cast('NSA' as varchar) as adj,
    cast(
        case when indicators.indicator like '%_reported' or days.reported_share >= 1 then 'F' else 'P' end
        as varchar
    ) as status,
    {{ as_of() }} as as_of,
    cast({{ coverage_note('indicators.register') }} as varchar) as coverage_note,
    cast({{ null_reasons({
        'mean_7d': 'fewer_than_seven_days',
        'value_weekday_year_before': 'before_first_day',
        'value_calendar_year_before': 'no_such_day_a_year_before',
        'completeness': 'no_history_of_reports',
    }) }} as varchar) as null_reason
from days
inner join {{ ref('trend_indicators') }} as indicators on days.indicator = indicators.indicator
inner join {{ ref('int_days__compared') }} as calendar on days.ref_date = calendar.calendar_date
left join days as weekdays
    on
        days.indicator = weekdays.indicator
        and days.region_code = weekdays.region_code
        and days.ref_date - 364 = weekdays.ref_date
left join days as comparable
    on
        days.indicator = comparable.indicator
        and days.region_code = comparable.region_code
        and calendar.calendar_year_before_date = comparable.ref_date
left join {{ ref('int_series_breaks') }} as breaks
    on
        days.region_code = breaks.code
        and days.ref_date = breaks.break_date
        and breaks.breakdown_type = 'region'
where days.ref_date > {{ as_of() }} - {{ var('history_days') }}
