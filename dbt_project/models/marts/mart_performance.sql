{% set cells = [
    "indicator", "frequency", "ref_period", "breakdown_type", "organisation_type", "organisation_code",
    "programme_code", "client_group", "kind", "unit", "value", "numerator", "denominator", "is_final"
] %}
{% set told = cells + [
    "pending", "excluded", "adjustment_factor", "expected_rate", "shrunk_rate", "target", "target_adjusted"
] %}
{% set measured = told + ["overdispersion", "standard_error", "is_small_n"] %}

with

values_found as (
    select {{ told | join(", ") }}
    from {{ ref('int_performance_expected') }}
    union all by name
    select {{ cells | join(", ") }}
    from {{ ref('int_performance_fairness') }}
),

measured as (
    select
        {% for column in told %}
        values_found.{{ column }},
        {% endfor %}
        dispersion.overdispersion,
        sqrt(
            cast(dispersion.overdispersion as double) * values_found.expected_rate * (1 - values_found.expected_rate)
            / nullif(values_found.denominator, 0)
        ) as standard_error,
        coalesce(values_found.denominator < {{ var("small_n") }}, false) as is_small_n,
        values_found.breakdown_type = 'organisation'
        and values_found.shrunk_rate is not null
        and coalesce(values_found.denominator >= {{ var("small_n") }}, false) as is_ranked
    from values_found
    left join {{ ref('int_performance_dispersion') }} as dispersion
        on
            values_found.indicator = dispersion.indicator
            and values_found.frequency = dispersion.frequency
            and values_found.ref_period = dispersion.ref_period
    where {{ has_entities(['service_episodes', 'insurance_events']) }}
),

-- only the few rows that have a rank are sorted
ranked as (
    select
        {{ measured | join(", ") }},
        rank() over (
            partition by indicator, frequency, ref_period
            order by shrunk_rate desc
        ) as rank_no
    from measured
    where is_ranked
    union all
    select
        {{ measured | join(", ") }},
        null as rank_no
    from measured
    where not is_ranked
),

limited as (
    select
        -- greatest and least would take a NULL for nothing
        {% for level, z in {"95": 1.96, "998": 3.09}.items() %}
        case when standard_error is not null then greatest(expected_rate - {{ z }} * standard_error, 0) end
            as limit_{{ level }}_low,
        case when standard_error is not null then least(expected_rate + {{ z }} * standard_error, 1) end
            as limit_{{ level }}_high,
        {% endfor %}
        {{ measured | join(", ") }},
        rank_no
    from ranked
)

select
    cast(ref_period as date) as ref_period,
    cast({{ time_period('frequency', 'ref_period') }} as varchar) as time_period,
    cast(frequency as varchar) as frequency,
    cast(indicator as varchar) as indicator,
    cast(breakdown_type as varchar) as breakdown_type,
    cast(organisation_type as varchar) as organisation_type,
    cast(organisation_code as varchar) as organisation_code,
    cast(programme_code as varchar) as programme_code,
    cast(client_group as varchar) as client_group,
    cast(value as decimal(28, 10)) as value,
    cast(numerator as decimal(28, 4)) as numerator,
    cast(denominator as decimal(28, 4)) as denominator,
    cast(pending as bigint) as pending,
    cast(excluded as bigint) as excluded,
    case when kind = 'rate' then {{ wilson('numerator', 'denominator', 'low') }} end as interval_low,
    case when kind = 'rate' then {{ wilson('numerator', 'denominator', 'high') }} end as interval_high,
    cast(adjustment_factor as decimal(18, 10)) as adjustment_factor,
    cast(expected_rate as decimal(18, 10)) as expected_rate,
    cast(shrunk_rate as decimal(18, 10)) as shrunk_rate,
    cast(overdispersion as decimal(18, 8)) as overdispersion,
    cast(round(limit_95_low, 10) as decimal(18, 10)) as limit_95_low,
    cast(round(limit_95_high, 10) as decimal(18, 10)) as limit_95_high,
    cast(round(limit_998_low, 10) as decimal(18, 10)) as limit_998_low,
    cast(round(limit_998_high, 10) as decimal(18, 10)) as limit_998_high,
    cast(
        case
            when value < limit_998_low then 'below_998'
            when value < limit_95_low then 'below_95'
            when value > limit_998_high then 'above_998'
            when value > limit_95_high then 'above_95'
            when value is not null and limit_95_low is not null then 'within'
        end as varchar
    ) as funnel_position,
    cast(is_small_n as boolean) as is_small_n,
    cast(rank_no as integer) as rank_no,
    cast(target as decimal(18, 10)) as target,
    cast(target_adjusted as decimal(18, 10)) as target_adjusted,
    cast(round(value / nullif(target_adjusted, 0) * 100, 10) as decimal(18, 10)) as score,
    cast(unit as varchar) as unit,
    cast(case when is_final then 'F' else 'P' end as varchar) as status,
    {{ as_of() }} as as_of,
    cast(
        case
            when value is not null then null
            when kind = 'reference' then 'reference_absent'
            when denominator is null then 'target_absent'
            when denominator = 0 and pending > 0 then 'window_open'
            when kind = 'survival' then 'not_observed_long_enough'
            when denominator = 0 then 'zero_denominator'
        end as varchar
    ) as null_reason
from limited
