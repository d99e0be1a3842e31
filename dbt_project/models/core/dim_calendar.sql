with

days as (
    {{ day_series("cast('2015-01-01' as date)", "cast('2035-12-31' as date)") }}
),

holidays as (
    select
        cast(holiday_date as date) as holiday_date,
        name_ko,
        name_en,
        lunar_feast
    from {{ ref('kr_holidays') }}
),

calendar as (
    select
        days.calendar_date,
        {{ month_of('days.calendar_date') }} as month_date,
        extract(year from days.calendar_date) as year_no,
        extract(quarter from days.calendar_date) as quarter_no,
        extract(month from days.calendar_date) as month_no,
        extract(isodow from days.calendar_date) as iso_weekday,
        holidays.name_ko as holiday_name_ko,
        holidays.name_en as holiday_name_en,
        holidays.lunar_feast,
        holidays.holiday_date is not null as is_holiday,
        holidays.holiday_date is null and extract(isodow from days.calendar_date) <= 5 as is_working_day
    from days
    left join holidays on days.calendar_date = holidays.holiday_date
)

select * from calendar
