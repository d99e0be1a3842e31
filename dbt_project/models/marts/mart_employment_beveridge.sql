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
        case when u > 0 and v > 0 then ln(cast(u as double)) end as ln_u,
        case when u > 0 and v > 0 then ln(cast(v as double)) end as ln_v
    from points
),

fits as (
    select
        ref_period,
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

reasons as (
    select
        ref_period,
        case
            when ln_u is null then 'no_openings_or_seekers'
            when months < {{ var("beveridge_months_least") }} then 'fewer_than_24_months'
            when slope is null then 'u_did_not_move'
        end as null_reason
    from fits
),

shifts as (
    select
        fits.ref_period,
        round(fits.slope, 8) as slope,
        round(fits.intercept, 8) as intercept,
        round(fits.ln_v - fits.intercept - fits.slope * fits.ln_u, 8) as shift
    from fits
    inner join reasons on fits.ref_period = reasons.ref_period
    where reasons.null_reason is null
)

select
    cast(points.ref_period as date) as ref_period,
    cast(points.time_period as varchar) as time_period,
    cast(points.u as decimal(28, 10)) as u,
    cast(points.v as decimal(28, 10)) as v,
    cast(points.u_numerator as bigint) as registrations_open,
    cast(points.v_numerator as bigint) as openings_open,
    cast(points.denominator as bigint) as registered_and_insured,
    cast(shifts.slope as decimal(28, 8)) as slope,
    cast(shifts.intercept as decimal(28, 8)) as intercept,
    cast(shifts.shift as decimal(28, 8)) as shift,
    cast(fits.months as integer) as months,
    cast(points.status as varchar) as status,
    {{ as_of() }} as as_of,
    cast(points.coverage_note as varchar) as coverage_note,
    cast(reasons.null_reason as varchar) as null_reason
from points
inner join fits on points.ref_period = fits.ref_period
inner join reasons on points.ref_period = reasons.ref_period
left join shifts on points.ref_period = shifts.ref_period
