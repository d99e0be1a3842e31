{% set measured = [
    "frequency", "indicator", "region_code", "ref_period", "last_date", "time_period", "value", "completeness",
    "status", "unit", "year_before_period", "year_before_last_date", "value_year_before"
] %}

with

figures as (
    select
        {{ measured | join(", ") }},
        coalesce(completeness >= {{ var('headline_completeness') }} and value is not null, false) as is_headline
    from {{ ref('int_key_figures__measured') }}
),

ranked as (
    select
        {{ measured | join(", ") }},
        is_headline,
        row_number() over (series order by is_headline desc, ref_period desc) as headline_rank,
        row_number() over (series order by ref_period desc) as recency
    from figures
    window series as (partition by frequency, indicator, region_code)
),

headlines as (
    select {{ measured | join(", ") }}
    from ranked
    where headline_rank = 1 and is_headline
),

working_days as (
    select
        calendar_date,
        count(*) filter (where is_working_day) over (order by calendar_date) as passed
    from {{ ref('dim_calendar') }}
),

-- every series has a newest period; the one fit for a headline may be older or absent
standing as (
    select
        newest.frequency,
        newest.indicator,
        newest.region_code,
        newest.unit,
        headlines.ref_period,
        headlines.last_date,
        headlines.time_period,
        headlines.value,
        headlines.completeness,
        headlines.status,
        headlines.year_before_period,
        headlines.year_before_last_date,
        headlines.value_year_before,
        newest.time_period as newest_time_period,
        newest.value as newest_value,
        newest.completeness as newest_completeness,
        newest.status as newest_status,
        headlines.value - headlines.value_year_before as change_year_before,
        case
            when newest.unit not in ('ratio', 'percent', 'percentage_points', 'per_100_jobs')
                then {{ ratio('100 * (headlines.value - headlines.value_year_before)', 'headlines.value_year_before') }}
        end as change_year_before_percent
    from ranked as newest
    left join headlines
        on
            newest.frequency = headlines.frequency
            and newest.indicator = headlines.indicator
            and newest.region_code = headlines.region_code
    where newest.recency = 1
)

select
    cast(standing.frequency as varchar) as frequency,
    cast(standing.indicator as varchar) as indicator,
    cast(standing.region_code as varchar) as region_code,
    cast(standing.ref_period as date) as ref_period,
    cast(standing.time_period as varchar) as time_period,
    cast(standing.value as decimal(28, 10)) as value,
    cast(standing.completeness as decimal(28, 10)) as completeness,
    cast(standing.status as varchar) as status,
    cast(standing.year_before_period as date) as year_before_period,
    cast(standing.value_year_before as decimal(28, 10)) as value_year_before,
    cast(standing.change_year_before as decimal(28, 10)) as change_year_before,
    cast(standing.change_year_before_percent as decimal(28, 10)) as change_year_before_percent,
    cast(days_to.passed - days_from.passed as integer) as working_days,
    cast(earlier_to.passed - earlier_from.passed as integer) as working_days_year_before,
    cast(standing.newest_time_period as varchar) as newest_time_period,
    cast(standing.newest_value as decimal(28, 10)) as newest_value,
    cast(standing.newest_completeness as decimal(28, 10)) as newest_completeness,
    cast(standing.newest_status as varchar) as newest_status,
    cast(coalesce(changes.periods_changed, 0) as bigint) as periods_changed,
    cast(coalesce(changes.change_since_day_before, 0) as decimal(18, 4)) as change_since_day_before,
    cast(standing.unit as varchar) as unit,
    {{ as_of() }} as as_of,
    cast({{ null_reasons({
        'value': 'not_complete_enough',
        'value_year_before': 'no_such_period_a_year_before',
        'newest_completeness': 'not_measured',
    }) }} as varchar) as null_reason
from standing
left join working_days as days_to on standing.last_date = days_to.calendar_date
left join working_days as days_from on standing.ref_period - 1 = days_from.calendar_date
left join working_days as earlier_to on standing.year_before_last_date = earlier_to.calendar_date
left join working_days as earlier_from on standing.year_before_period - 1 = earlier_from.calendar_date
left join {{ ref('int_key_figures__changed') }} as changes
    on
        standing.frequency = changes.frequency
        and standing.indicator = changes.indicator
        and standing.region_code = changes.region_code
