-- How much more organisations differ from what is expected of them than chance allows: the mean square of their
-- z-scores, the outer tenths pulled in (Spiegelhalter 2005). Limits of the funnel widen by its root.
with

organisations as (
    select
        indicator,
        frequency,
        ref_period,
        cast(z_score as double) as z_score
    from {{ ref('int_performance_expected') }}
    where breakdown_type = 'organisation' and z_score is not null
),

tenths as (
    select
        indicator,
        frequency,
        ref_period,
        quantile_cont(z_score, 0.1) as lowest,
        quantile_cont(z_score, 0.9) as highest
    from organisations
    group by indicator, frequency, ref_period
),

dispersion as (
    select
        organisations.indicator,
        organisations.frequency,
        organisations.ref_period,
        cast(greatest(1, round(sum(cast(round(
            power(greatest(least(organisations.z_score, tenths.highest), tenths.lowest), 2), 8
        ) as decimal(28, 8))) / count(*), 8)) as decimal(18, 8)) as overdispersion
    from organisations
    inner join tenths
        on
            organisations.indicator = tenths.indicator
            and organisations.frequency = tenths.frequency
            and organisations.ref_period = tenths.ref_period
    group by organisations.indicator, organisations.frequency, organisations.ref_period
)

select * from dispersion
