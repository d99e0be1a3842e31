-- How far a figure stands above what was to be expected, in standard deviations of counts (Poisson): seven days against
-- the eight weeks before them, a month whose reports are in against the same month of the year before.
with

weeks as (
    select
        indicator,
        region_code,
        ref_date,
        reported_share,
        reported_share_7d,
        amount_7d,
        sum(amount) over before / 8 as amount_before,
        count(*) over before as days_before
    from {{ ref('int_trend_days') }}
    -- reports of insurance are bound to days of the month and not to weeks
    where indicator in ('openings_new', 'registrations_new', 'ui_claims_new')
    window before as (
        partition by indicator, region_code
        order by ref_date
        rows between 62 preceding and 7 preceding
    )
),

daily as (
    select
        'D' as frequency,
        indicator,
        region_code,
        ref_date,
        amount_7d as value,
        amount_before as expected,
        amount_before * 9 / 8 as variance
    from weeks
    where
        days_before = 56
        and reported_share >= {{ var('headline_completeness') }}
        and reported_share_7d >= {{ var('headline_completeness') }}
),

monthly as (
    select
        'M' as frequency,
        trends.indicator,
        trends.region_code,
        trends.ref_period as ref_date,
        trends.value,
        year_before.value as expected,
        trends.value + year_before.value as variance
    from {{ ref('mart_employment_trends_monthly') }} as trends
    inner join {{ ref('mart_employment_trends_monthly') }} as year_before
        on
            trends.indicator = year_before.indicator
            and trends.breakdown_type = year_before.breakdown_type
            and trends.region_code = year_before.region_code
            and trends.ref_period = {{ add_months('year_before.ref_period', 12) }}
    where
        trends.indicator in ('openings_new', 'registrations_new', 'losses', 'losses_involuntary', 'ui_claims_new')
        and trends.breakdown_type in ('total', 'region')
        and trends.status = 'F'
),

figures as (
    select * from daily
    union all
    select * from monthly
),

scored as (
    select
        *,
        -- a count of one stands for none
        cast(round(cast(value - expected as double) / sqrt(greatest(variance, 1)), 6) as decimal(18, 6)) as score
    from figures
)

select * from scored
