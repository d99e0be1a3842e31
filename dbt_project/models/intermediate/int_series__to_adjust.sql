-- Series that are adjusted for season, total, by sex and by province, in months whose reports are in; with what moves
-- between months of different years: days of the lunar feasts and working days. A province with few a month is left
-- out: of a count of 25 a fifth is chance.
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

trends as (
    select
        ref_period,
        indicator,
        breakdown_type,
        region_code,
        sex,
        value,
        avg(value) over (partition by indicator, region_code, sex) as mean_value
    from {{ ref('mart_employment_trends_monthly') }}
    where
        status = 'F'
        and value is not null
        and (
            breakdown_type in ('total', 'sex')
            or breakdown_type = 'region'
            and region_code <> '_U'
            and indicator in ('{{ var("adjusted_by_region") | join("', '") }}')
        )
),

series as (
    select
        trends.indicator,
        trends.region_code,
        trends.sex,
        trends.ref_period,
        cast(extract(month from trends.ref_period) as bigint) as month_no,
        cast(trends.value as double) as value,
        cast(calendar.seollal_days as double) as seollal_days,
        cast(calendar.chuseok_days as double) as chuseok_days,
        cast(calendar.working_days as double) as working_days
    from trends
    inner join {{ ref('trend_indicators') }} as indicators on trends.indicator = indicators.indicator
    inner join calendar on trends.ref_period = calendar.month_date
    where
        indicators.is_adjusted
        and (trends.breakdown_type <> 'region' or trends.mean_value >= {{ var('adjusted_region_least') }})
)

select * from series
