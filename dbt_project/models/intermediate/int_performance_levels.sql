-- What was agreed for rates and medians, in every breakdown: targets of organisations and programmes weighted with the
-- clients who count. A cell of which a part has no target has fewer clients with one than clients.
with

agreed_indicators as (
    select
        indicator,
        target_code,
        case when frequencies like '%PY%' then 'PY' else 'A' end as frequency
    from {{ ref('performance_indicators') }}
    where target_code is not null
),

targets as (
    select
        agreed_indicators.indicator,
        agreed_indicators.frequency,
        targets.organisation_code,
        targets.programme_code,
        make_date(
            cast(targets.period as integer), case agreed_indicators.frequency when 'PY' then 7 else 1 end, 1
        ) as ref_period,
        targets.target_value
    from ({{ union_providers('performance_targets') }}) as targets
    inner join agreed_indicators on targets.indicator_code = agreed_indicators.target_code
    where targets.target_value > 0
),

weighted as (
    select
        targets.indicator,
        targets.frequency,
        targets.ref_period,
        measured.organisation_type,
        targets.organisation_code,
        targets.programme_code,
        '_N' as client_group,
        targets.target_value * measured.denominator as expected,
        measured.denominator as clients
    from targets
    inner join {{ ref('int_performance_values') }} as measured
        on
            targets.indicator = measured.indicator
            and targets.frequency = measured.frequency
            and targets.ref_period = measured.ref_period
            and targets.organisation_code = measured.organisation_code
            and targets.programme_code = measured.programme_code
    where measured.breakdown_type = 'organisation_programme' and measured.denominator > 0
),

levels as (
    {{ by_breakdown('weighted', ["sum(expected) as expected", "sum(clients) as clients"]) }}
)

select
    *,
    expected / clients as target
from levels
