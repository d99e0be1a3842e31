-- By how much the reports that came on the working day itself changed days and months that were told the day before.
with

changed_periods as (
    select
        'D' as frequency,
        indicator,
        region_code,
        event_date as ref_period,
        amount
    from {{ ref('int_trend_reports') }}
    where received_date = {{ as_of() }} and event_date < {{ as_of() }} - 1
    union all
    select
        'M' as frequency,
        indicator,
        region_code,
        {{ month_of('event_date') }} as ref_period,
        amount
    from {{ ref('int_trend_reports') }}
    where received_date = {{ as_of() }} and event_date < {{ month_of(as_of()) }}
),

changes_by_period as (
    select
        frequency,
        indicator,
        coalesce(region_code, '_T') as region_code,
        ref_period,
        sum(amount) as amount
    from changed_periods
    group by grouping sets ((frequency, indicator, ref_period), (frequency, indicator, ref_period, region_code))
),

changes as (
    select
        frequency,
        indicator,
        region_code,
        count(*) as periods_changed,
        sum(amount) as change_since_day_before
    from changes_by_period
    where amount <> 0
    group by frequency, indicator, region_code
)

select * from changes
