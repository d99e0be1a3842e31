with

points as (
    select
        ref_period,
        time_period,
        status,
        coverage_note,
        {%- for side in ["u", "v"] %}
        max(value) filter (where indicator = 'beveridge_{{ side }}_register') as {{ side }},
        max(numerator) filter (where indicator = 'beveridge_{{ side }}_register') as {{ side }}_numerator,
        {%- endfor %}
        max(denominator) as denominator
    from {{ ref('mart_employment_trends_monthly') }}
    where breakdown_type = 'total' and indicator in ('beveridge_u_register', 'beveridge_v_register')
    group by ref_period, time_period, status, coverage_note
),

-- a month without openings or seekers has no logarithm and is in no fit
logs as (
    select
        ref_period,
        time_period,
        status,
        coverage_note,
        u,
        u_numerator,
        v,
        v_numerator,
        denominator,
        case when u > 0 and v > 0 then ln(cast(u as double)) end as ln_u,
        case when u > 0 and v > 0 then ln(cast(v as double)) end as ln_v
    from points
),

fitted as (
    select
        ref_period,
        time_period,
        status,
        coverage_note,
        u,
        u_numerator,
        v,
        v_numerator,
        denominator,
        ln_u,
        ln_v,
        {%- set window -%}
        over (order by ref_period rows between {{ var("beveridge_months") - 1 }} preceding and current row)
        {%- endset %}
        count(ln_v) {{ window }} as months,
        regr_slope(ln_v, ln_u) {{ window }} as slope,
        regr_intercept(ln_v, ln_u) {{ window }} as intercept
    from logs
),

reasoned as (
    select
        ref_period,
        time_period,
        status,
        coverage_note,
        u,
        u_numerator,
        v,
        v_numerator,
        denominator,
        ln_u,
        ln_v,
        months,
        slope,
        intercept,
        case
            when ln_u is null then 'no_openings_or_seekers'
            when months < {{ var("beveridge_months_least") }} then 'fewer_than_24_months'
            when slope is null then 'u_did_not_move'
        end as null_reason
    from fitted
)

select
    cast(ref_period as date) as ref_period,
    cast(time_period as varchar) as time_period,
    cast(u as decimal(28, 10)) as u,
    cast(v as decimal(28, 10)) as v,
    cast(u_numerator as bigint) as registrations_open,
    cast(v_numerator as bigint) as openings_open,
    cast(denominator as bigint) as registered_and_insured,
    cast(case when null_reason is null then round(slope, 8) end as decimal(28, 8)) as slope,
    cast(case when null_reason is null then round(intercept, 8) end as decimal(28, 8)) as intercept,
    cast(case when null_reason is null then round(ln_v - intercept - slope * ln_u, 8) end as decimal(28, 8))
        as shift,
    cast(months as integer) as months,
    cast(status as varchar) as status,
    {{ as_of() }} as as_of,
    cast(coverage_note as varchar) as coverage_note,
    cast(null_reason as varchar) as null_reason
from reasoned
