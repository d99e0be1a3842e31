-- Days of the daily trends, each with the day of the year before at the same place in the holiday calendar. Within a
-- week of a lunar feast that is the working day as many working days before or after the feast, or the free day as many
-- days from it; on any other holiday the same holiday; on the first or last working day of a month that of the same
-- month; else the nearest day of that weekday in the same month that is no holiday and not within a week of a feast.
-- Away from feasts the end of a month so never meets the beginning of the next. NULL when there was no such day.
with

-- to the end of the calendar, as the last working day of this month may be still to come
calendar as (
    select
        calendar_date,
        iso_weekday,
        is_working_day,
        holiday_name_ko as holiday_name,
        extract(month from calendar_date) as month_no,
        case
            when not is_working_day then null
            when calendar_date = min(calendar_date) filter (where is_working_day) over same_month then 'FIRST'
            when calendar_date = max(calendar_date) filter (where is_working_day) over same_month then 'LAST'
        end as month_end
    from {{ ref('dim_calendar') }}
    where calendar_date > {{ as_of() }} - {{ 2 * var('history_days') + 400 }}
    window same_month as (partition by {{ month_of('calendar_date') }})
),

days as (
    select * from calendar
    where calendar_date <= {{ as_of() }}
),

-- the middle day of a feast's holidays
feasts as (
    select
        calendar_date as feast_date,
        lunar_feast
    from {{ ref('dim_calendar') }}
    where lunar_feast is not null and regexp_matches(holiday_name_ko, '(^|; )(설날|추석)$')
),

near_feasts as (
    select
        days.calendar_date,
        feasts.lunar_feast,
        days.calendar_date - feasts.feast_date as days_from_feast,
        case
            when days.is_working_day
                then row_number() over (
                    partition by feasts.feast_date, days.is_working_day, days.calendar_date > feasts.feast_date
                    order by abs(days.calendar_date - feasts.feast_date)
                )
        end as working_day_no
    from days
    inner join feasts on days.calendar_date between feasts.feast_date - 14 and feasts.feast_date + 14
),

placed as (
    select
        days.calendar_date,
        days.iso_weekday,
        days.is_working_day,
        days.holiday_name,
        days.month_no,
        days.month_end,
        near_feasts.lunar_feast,
        near_feasts.days_from_feast > 0 as is_after_feast,
        coalesce(near_feasts.working_day_no, near_feasts.days_from_feast) as feast_place,
        coalesce(abs(near_feasts.days_from_feast) <= 7, false) as is_near_feast
    from days
    left join near_feasts on days.calendar_date = near_feasts.calendar_date
),

comparable as (
    select
        placed.calendar_date,
        earlier.calendar_date as compared_date,
        false as is_month_end
    from placed
    inner join placed as earlier
        on
            placed.lunar_feast = earlier.lunar_feast
            and placed.is_after_feast = earlier.is_after_feast
            and placed.is_working_day = earlier.is_working_day
            and placed.feast_place = earlier.feast_place
    where placed.is_near_feast
    union all
    select
        placed.calendar_date,
        earlier.calendar_date as compared_date,
        false as is_month_end
    from placed
    inner join placed as earlier on placed.holiday_name = earlier.holiday_name
    where not placed.is_near_feast
    union all
    select
        placed.calendar_date,
        earlier.calendar_date as compared_date,
        coalesce(placed.month_end = earlier.month_end, false) as is_month_end
    from placed
    inner join placed as earlier
        on
            placed.month_no = earlier.month_no
            and (placed.iso_weekday = earlier.iso_weekday or placed.month_end = earlier.month_end)
    where
        not placed.is_near_feast
        and not earlier.is_near_feast
        and placed.holiday_name is null
        and earlier.holiday_name is null
),

nearest as (
    select
        calendar_date,
        compared_date,
        row_number() over (
            partition by calendar_date
            order by is_month_end desc, abs(calendar_date - compared_date - 364) asc, compared_date asc
        ) as distance_rank
    from comparable
    where calendar_date - compared_date between 330 and 400
),

compared as (
    select
        placed.calendar_date,
        placed.is_working_day,
        nearest.compared_date as calendar_year_before_date
    from placed
    left join nearest on placed.calendar_date = nearest.calendar_date and nearest.distance_rank = 1
)

select * from compared
