{% set columns = [
    "score_type", "ref_period", "organisation_type", "organisation_code", "programme_code", "indicator", "value",
    "clients", "target", "adjustment_factor", "target_adjusted", "score", "scores", "is_final", "null_reason"
] %}

with

measured as (
    select
        indicator,
        frequency,
        ref_period,
        breakdown_type,
        organisation_type,
        organisation_code,
        programme_code,
        value,
        denominator,
        is_final,
        adjustment_factor,
        target,
        target_adjusted
    from {{ ref('int_performance_expected') }}
    where
        frequency = 'PY' and denominator > 0
        and breakdown_type in ('programme', 'organisation_programme')
        and {{ has_entities(['service_episodes', 'insurance_events']) }}
),

individual as (
    select
        'INDIVIDUAL' as score_type,
        ref_period,
        organisation_type,
        organisation_code,
        programme_code,
        indicator,
        value,
        denominator as clients,
        target,
        adjustment_factor,
        target_adjusted,
        value / nullif(target_adjusted, 0) * 100 as score,
        1 as scores,
        is_final,
        case
            when target is null then 'target_absent'
            when target_adjusted is null then 'factor_absent'
        end as null_reason
    from measured
),

-- of a programme over its indicators, of an indicator over the programmes
overall as (
    {% for score_type, given in {"OVERALL_PROGRAMME": "programme_code", "OVERALL_INDICATOR": "indicator"}.items() %}
    select
        '{{ score_type }}' as score_type,
        ref_period,
        organisation_type,
        organisation_code,
        {{ "programme_code" if given == "programme_code" else "'_T'" }} as programme_code,
        {{ "indicator" if given == "indicator" else "'_T'" }} as indicator,
        cast(null as decimal(28, 10)) as value,
        cast(null as decimal(28, 4)) as clients,
        cast(null as decimal(18, 10)) as target,
        cast(null as decimal(18, 10)) as adjustment_factor,
        cast(null as decimal(18, 10)) as target_adjusted,
        cast(sum(cast(round(score, 10) as decimal(28, 10))) as double) / nullif(count(score), 0) as score,
        count(score) as scores,
        bool_and(is_final) as is_final,
        case when count(score) = 0 then 'no_score' end as null_reason
    from individual
    group by ref_period, organisation_type, organisation_code, {{ given }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

scored as (
    {% for scores in ["individual", "overall"] %}
    select
        {{ columns | join(", ") }},
        {{ var("score_" ~ scores) }} as threshold
    from {{ scores }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    cast(ref_period as date) as ref_period,
    cast({{ time_period("'PY'", 'ref_period') }} as varchar) as time_period,
    cast(score_type as varchar) as score_type,
    cast(organisation_type as varchar) as organisation_type,
    cast(organisation_code as varchar) as organisation_code,
    cast(programme_code as varchar) as programme_code,
    cast(indicator as varchar) as indicator,
    cast(value as decimal(28, 10)) as value,
    cast(clients as bigint) as clients,
    cast(target as decimal(18, 10)) as target,
    cast(adjustment_factor as decimal(18, 10)) as adjustment_factor,
    cast(target_adjusted as decimal(18, 10)) as target_adjusted,
    cast(round(score, 10) as decimal(28, 10)) as score,
    cast(scores as bigint) as scores,
    cast(threshold as integer) as threshold,
    cast(score >= threshold as boolean) as is_met,
    cast(coalesce(clients < {{ var("small_n") }}, false) as boolean) as is_small_n,
    cast(case when is_final then 'F' else 'P' end as varchar) as status,
    {{ as_of() }} as as_of,
    cast(null_reason as varchar) as null_reason
from scored
