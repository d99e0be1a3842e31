-- Values of all indicators of performance, before what they are held against. A view: each reader takes a part of it.
{{ config(materialized='view') }}
with

sums as (
    select * from {{ ref('int_performance_sums') }}
),

indicators as (
    select * from {{ ref('performance_indicators') }}
),

quotients as (
    select
        sums.*,
        case
            when indicators.has_denominator
                then {{ ratio('sums.numerator * indicators.scale', 'sums.denominator') }}
            else cast(sums.numerator as decimal(28, 10))
        end as value
    from sums
    inner join indicators on sums.indicator = indicators.indicator
),

read_off as (
    select
        * exclude (value),
        cast(value as decimal(28, 10)) as value
    from {{ ref('int_performance_medians') }}
    union all by name
    select
        * exclude (value),
        cast(value as decimal(28, 10)) as value
    from {{ ref('int_performance_survival') }}
),

values_found as (
    select * from quotients
    union all by name
    select * from read_off
)

select
    values_found.indicator,
    values_found.frequency,
    values_found.ref_period,
    values_found.breakdown_type,
    values_found.organisation_type,
    values_found.organisation_code,
    values_found.programme_code,
    values_found.client_group,
    indicators.kind,
    indicators.unit,
    values_found.value,
    values_found.numerator,
    cast(values_found.denominator as decimal(28, 4)) as denominator,
    values_found.pending,
    values_found.excluded,
    values_found.low_education,
    values_found.disability,
    values_found.ui_beneficiary,
    -- the cohort of a year begins so many months before January of the year in its name
    case values_found.frequency
        when 'Q' then {{ add_months('values_found.ref_period', 3) }}
        else {{ add_months(
            "date_trunc('year', values_found.ref_period)", '12 - indicators.shift_months'
        ) }}
    end - 1 + indicators.window_days <= {{ observed_until() }} as is_final
from values_found
inner join indicators on values_found.indicator = indicators.indicator
