-- Share of what happened on a day that has been reported so many days later, from two years whose reports have come.
-- Reports of a month are due on one day of the next, so the delay depends on how late in the month a day is.
{% set last_delay = var('last_delay_days') %}
with

reports as (
    select
        indicator,
        {{ third_of_month('event_date') }} as month_third,
        least(greatest(received_date - event_date, 0), {{ last_delay }}) as delay_days,
        sum(amount) as amount
    from {{ ref('int_trend_reports') }}
    where
        event_date < {{ as_of() }} - {{ last_delay }}
        and event_date >= {{ as_of() }} - {{ last_delay + 730 }}
    group by indicator, month_third, delay_days
),

strata as (
    select distinct
        indicator,
        month_third
    from reports
),

delays as (
    select
        strata.indicator,
        strata.month_third,
        cast(days.range as integer) as delay_days
    from strata
    cross join range(0, {{ last_delay + 1 }}) as days
),

added_up as (
    select
        delays.indicator,
        delays.month_third,
        delays.delay_days,
        sum(coalesce(reports.amount, 0)) over (
            partition by delays.indicator, delays.month_third
            order by delays.delay_days
        ) as reported,
        sum(coalesce(reports.amount, 0)) over (
            partition by delays.indicator, delays.month_third
        ) as ever_reported
    from delays
    left join reports
        on
            delays.indicator = reports.indicator
            and delays.month_third = reports.month_third
            and delays.delay_days = reports.delay_days
),

shares as (
    select
        indicator,
        month_third,
        delay_days,
        reported,
        ever_reported,
        {{ ratio('reported', 'ever_reported') }} as reported_share
    from added_up
)

select * from shares
