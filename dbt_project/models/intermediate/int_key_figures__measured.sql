-- Days and ended months of the trends with the figure of the year before and the share of it that is expected to have
-- been reported: of a month the least of the counts that make the indicator. Of other months nobody measures it, and
-- they count as complete once the day has passed on which their reports are in. A day that a late source has not
-- delivered is not complete, whatever its age.
with

months as (
    select
        ref_period,
        cast({{ add_months('ref_period', 1) }} - 1 as date) as last_date,
        time_period,
        indicator,
        region_code,
        value,
        unit,
        status
    from {{ ref('mart_employment_trends_monthly') }}
    where
        breakdown_type in ('total', 'region')
        and ref_period >= {{ add_months(month_of(as_of()), -25) }}
        and ref_period < {{ month_of(as_of()) }}
),

measures as (
    select
        indicators.indicator,
        moves.measured_by
    from {{ ref('trend_indicators') }} as indicators
    cross join (values ('acquisitions'), ('losses')) as moves (measured_by)
    where indicators.register in ('insurance', 'pes_and_insurance')
    union all
    select
        indicator,
        indicator as measured_by
    from {{ ref('trend_indicators') }}
    where is_daily and register <> 'insurance'
    union all
    select
        indicators.indicator,
        counts.measured_by
    from {{ ref('trend_indicators') }} as indicators
    cross join (values ('openings_new'), ('registrations_new')) as counts (measured_by)
    where indicators.indicator = 'openings_per_seeker'
),

delivered as (
    select
        counts.indicator,
        min(sources.latest_delivery_date) as latest_delivery_date
    from (
        values
        ('openings_new', 'vacancies'),
        ('registrations_new', 'registrations'),
        ('ui_claims_new', 'ui_claims'),
        ('acquisitions', 'insurance_events'),
        ('losses', 'insurance_events'),
        ('acquisitions_reported', 'insurance_events'),
        ('losses_reported', 'insurance_events')
    ) as counts (indicator, entity)
    inner join {{ ref('dim_source') }} as sources on counts.entity = sources.entity
    where sources.every = 'day' and sources.delivery = 'incremental'
    group by counts.indicator
),

-- the last day told is the same of all: the day before, as the brief comes out in the morning
days as (
    select
        trends.*,
        case when trends.ref_date < delivered.latest_delivery_date then trends.completeness else 0 end
            as delivered_share
    from {{ ref('mart_employment_trends_daily') }} as trends
    inner join delivered on trends.indicator = delivered.indicator
    where trends.ref_date < {{ as_of() }}
),

reported as (
    select
        {{ month_of('ref_date') }} as month_date,
        indicator as measured_by,
        {{ ratio('sum(delivered_share)', 'count(*)') }} as completeness
    from days
    where region_code = '_T'
    group by {{ month_of('ref_date') }}, indicator
    having indicator not in ('acquisitions', 'losses')
    union all
    select
        ref_period as month_date,
        indicator as measured_by,
        completeness
    from {{ ref('mart_employment_nowcasts') }}
    where region_code = '_T'
),

shares as (
    select
        measures.indicator,
        reported.month_date,
        min(reported.completeness) as completeness
    from measures
    inner join reported on measures.measured_by = reported.measured_by
    group by measures.indicator, reported.month_date
),

figures as (
    select
        'D' as frequency,
        ref_date as ref_period,
        ref_date as last_date,
        strftime(ref_date, '%Y-%m-%d') as time_period,
        indicator,
        region_code,
        value,
        calendar_year_before_date as year_before_period,
        calendar_year_before_date as year_before_last_date,
        value_calendar_year_before as value_year_before,
        delivered_share as completeness,
        unit,
        status
    from days
    union all
    select
        'M' as frequency,
        months.ref_period,
        months.last_date,
        months.time_period,
        months.indicator,
        months.region_code,
        months.value,
        year_before.ref_period as year_before_period,
        year_before.last_date as year_before_last_date,
        year_before.value as value_year_before,
        coalesce(shares.completeness, case when months.status = 'F' then 1 end) as completeness,
        months.unit,
        months.status
    from months
    left join shares on months.indicator = shares.indicator and months.ref_period = shares.month_date
    left join months as year_before
        on
            months.indicator = year_before.indicator
            and months.region_code = year_before.region_code
            and {{ add_months('months.ref_period', -12) }} = year_before.ref_period
    where months.ref_period >= {{ add_months(month_of(as_of()), -13) }}
)

select * from figures
