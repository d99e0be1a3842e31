-- How much a rate differs between clients with and without low education, a disability and unemployment benefit: an
-- ordinary least squares fit over the clients of the two years before, once for each year and rate. The sums are whole
-- numbers; the three normal equations are solved by determinants.
{% set factors = ["low_education", "disability", "ui_beneficiary"] %}
with

episodes as (
    select * from {{ ref('fct_service_episodes') }}
),

gains as (
    select * from {{ ref('int_episode_gains') }}
),

outcomes as (
    {% for rate in performance_rates() if rate.adjusted %}
    select
        '{{ rate.indicator }}' as indicator,
        year({{ rate.cohort }}) as cohort_year,
        cast({{ rate.outcome }} as integer) as y,
        cast(has_low_education as integer) as x1,
        cast(has_disability as integer) as x2,
        cast(is_ui_beneficiary as integer) as x3
    from {{ rate.relation | default("episodes") }}
    where
        not is_excluded and {{ rate.cohort }} is not null and {{ rate.outcome }} is not null
        and {{ rate.members | default("true") }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

sums as (
    select
        indicator,
        cohort_year,
        count(*) as n,
        sum(y) as y,
        sum(x1) as x1,
        sum(x2) as x2,
        sum(x3) as x3,
        sum(x1 * x2) as x12,
        sum(x1 * x3) as x13,
        sum(x2 * x3) as x23,
        sum(x1 * y) as x1y,
        sum(x2 * y) as x2y,
        sum(x3 * y) as x3y
    from outcomes
    group by indicator, cohort_year
),

later as (
    select unnest([1, 2]) as years
),

pooled as (
    select
        sums.indicator,
        sums.cohort_year + later.years as year_no,
    {%- for name in ["n", "y", "x1", "x2", "x3", "x12", "x13", "x23", "x1y", "x2y", "x3y"] %}
    cast(sum(sums.{{ name }}) as double) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
    from sums
    cross join later
    group by sums.indicator, sums.cohort_year + later.years
    having sum(sums.n) >= {{ var("adjustment_min_clients") }}
),

-- n squared times the variances (binary: the square of x is x) and covariances
moments as (
    select
        indicator,
        year_no,
        n * x1 - x1 * x1 as a,
        n * x12 - x1 * x2 as b,
        n * x13 - x1 * x3 as c,
        n * x2 - x2 * x2 as d,
        n * x23 - x2 * x3 as e,
        n * x3 - x3 * x3 as f,
        n * x1y - x1 * y as p,
        n * x2y - x2 * y as q,
        n * x3y - x3 * y as r
    from pooled
),

determinants as (
    select
        indicator,
        year_no,
        a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d) as whole,
        p * (d * f - e * e) - b * (q * f - r * e) + c * (q * e - r * d) as first,
        a * (q * f - r * e) - p * (b * f - c * e) + c * (b * r - c * q) as second,
        a * (d * r - e * q) - b * (b * r - c * q) + p * (b * e - c * d) as third
    from moments
)

select
    indicator,
    year_no,
    cast(round(first / whole, 10) as decimal(18, 10)) as {{ factors[0] }},
    cast(round(second / whole, 10) as decimal(18, 10)) as {{ factors[1] }},
    cast(round(third / whole, 10) as decimal(18, 10)) as {{ factors[2] }}
from determinants
where whole > 0
