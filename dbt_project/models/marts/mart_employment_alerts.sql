with

scored as (
    select
        frequency,
        indicator,
        region_code,
        ref_date,
        value,
        expected,
        score,
        score >= {{ var('surge_score') }} as is_alert
    from {{ ref('int_surges__scored') }}
),

-- what the rule did before; weeks that overlap with the one judged are no history of it
measured as (
    select
        frequency,
        indicator,
        region_code,
        ref_date,
        value,
        expected,
        score,
        is_alert,
        count(*) over earlier as history_figures,
        count(*) filter (where is_alert) over earlier as history_alerts,
        row_number() over (partition by frequency, indicator, region_code order by ref_date desc) as recency
    from scored
    window earlier as (
        partition by frequency, indicator, region_code
        order by ref_date
        range between unbounded preceding and interval 7 days preceding
    )
)

select
    cast(measured.ref_date as date) as ref_date,
    cast(measured.frequency as varchar) as frequency,
    cast(measured.indicator as varchar) as indicator,
    cast(measured.region_code as varchar) as region_code,
    cast(measured.value as decimal(28, 10)) as value,
    cast(measured.expected as decimal(28, 10)) as expected,
    cast(measured.score as decimal(18, 6)) as score,
    cast({{ var('surge_score') }} as decimal(18, 6)) as threshold,
    cast(measured.is_alert as boolean) as is_alert,
    cast(measured.recency = 1 as boolean) as is_latest,
    cast(measured.history_figures as bigint) as history_figures,
    cast(measured.history_alerts as bigint) as history_alerts,
    {{ ratio('measured.history_alerts', 'measured.history_figures') }} as false_alarm_rate,
    cast(indicators.unit as varchar) as unit,
    {{ as_of() }} as as_of,
    cast({{ null_reason('measured.history_figures') }} as varchar) as null_reason
from measured
inner join {{ ref('trend_indicators') }} as indicators on measured.indicator = indicators.indicator
where
    measured.recency = 1
    or (measured.is_alert and measured.ref_date > {{ as_of() }} - {{ var('history_days') }})
