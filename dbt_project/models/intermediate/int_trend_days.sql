-- The daily trends in every province and day, zeros included: counts by the day it happened, and insurance reports by
-- the day they were received; with the share of each figure that is expected to have been reported by now.
with

counted as (
    select
        indicator,
        event_date as ref_date,
        region_code,
        amount
    from {{ ref('int_trend_reports') }}
    union all
    select
        case events.event_type when 'ACQ' then 'acquisitions_reported' else 'losses_reported' end as indicator,
        events.received_date as ref_date,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        coalesce(sidos.weight, 1) as amount
    from {{ ref('int_insurance_events__unioned') }} as events
    left join {{ ref('dim_workplace') }} as workplaces on events.workplace_no = workplaces.workplace_no
    left join {{ ref('int_sidos__current') }} as sidos on workplaces.region_code = sidos.region_code
    where events.event_type in ('ACQ', 'LOSS') and events.worker_type <> 'DAILY'
),

summed as (
    select
        indicator,
        ref_date,
        coalesce(region_code, '_T') as region_code,
        cast(sum(amount) as decimal(18, 4)) as amount
    from counted
    group by grouping sets ((indicator, ref_date), (indicator, ref_date, region_code))
),

starts as (
    select
        min(month_date) filter (where is_labour_month) as labour_start,
        min(month_date) filter (where is_insurance_month) as insurance_start
    from {{ ref('int_months__spine') }}
),

grid as (
    select
        indicators.indicator,
        indicators.indicator in ('acquisitions_reported', 'losses_reported') as is_by_received_date,
        cells.region_code,
        days.calendar_date as ref_date
    from {{ ref('trend_indicators') }} as indicators
    cross join starts
    cross join {{ ref('int_days__compared') }} as days
    cross join {{ ref('int_trend_cells') }} as cells
    where
        indicators.is_daily
        and cells.is_shared
        and days.calendar_date
        >= case when indicators.register = 'pes' then starts.labour_start else starts.insurance_start end
),

filled as (
    select
        grid.indicator,
        grid.region_code,
        grid.ref_date,
        coalesce(summed.amount, 0) as amount,
        case when grid.is_by_received_date then 1 else delays.reported_share end as reported_share
    from grid
    left join summed
        on
            grid.indicator = summed.indicator
            and grid.region_code = summed.region_code
            and grid.ref_date = summed.ref_date
    left join {{ ref('int_report_delays') }} as delays
        on
            grid.indicator = delays.indicator
            and {{ third_of_month('grid.ref_date') }} = delays.month_third
            and least({{ as_of() }} - grid.ref_date, {{ var('last_delay_days') }}) = delays.delay_days
),

averaged as (
    select
        *,
        count(*) over week as days_in_week,
        sum(amount) over week as amount_7d,
        sum(reported_share) over week / 7 as reported_share_7d
    from filled
    window week as (
        partition by indicator, region_code
        order by ref_date
        rows between 6 preceding and current row
    )
)

select * from averaged
