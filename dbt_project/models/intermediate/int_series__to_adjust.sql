-- Series that are adjusted for season, total and by sex, in months whose reports are in; with what moves between months
-- of different years: days of the lunar feasts and working days.
with

calendar as (
    select
        month_date,
        count(*) filter (where lunar_feast = 'SEOLLAL') as seollal_days,
        count(*) filter (where lunar_feast = 'CHUSEOK') as chuseok_days,
        count(*) filter (where is_working_day) as working_days
    from {{ ref('dim_calendar') }}
    group by month_date
),

series as (
    select
        trends.indicator,
        trends.sex,
        trends.ref_period,
        cast(extract(month from trends.ref_period) as bigint) as month_no,
        cast(trends.value as double) as value,
        cast(calendar.seollal_days as double) as seollal_days,
        cast(calendar.chuseok_days as double) as chuseok_days,
        cast(calendar.working_days as double) as working_days
    from {{ ref('mart_employment_trends_monthly') }} as trends
    inner join {{ ref('trend_indicators') }} as indicators on trends.indicator = indicators.indicator
    inner join calendar on trends.ref_period = calendar.month_date
    where
        indicators.is_adjusted
        and trends.breakdown_type in ('total', 'sex')
        and trends.status = 'F'
        and trends.value is not null
)

select * from series
