-- Estimates of the figures a month will have at the last age, made now and in every month of the past from what was
-- known then; beside what was published then, and the figure of the year before. Of months old enough the outcome is
-- known.
with

triangles as (
    select * from {{ ref('int_month_triangles') }}
),

outcomes as (
    select * from triangles
    where age_months = {{ var('last_age_months') }}
),

estimates as (
    select
        triangles.indicator,
        triangles.region_code,
        triangles.month_date,
        triangles.months_back,
        triangles.age_months,
        triangles.months_back - triangles.age_months as origin_back,
        triangles.amount as reported,
        factors.factor_to_last,
        factors.months_min,
        cast(round(triangles.amount * factors.factor_to_last, 4) as decimal(18, 4)) as estimated,
        year_before.amount as year_before,
        outcomes.amount as outcome
    from triangles
    left join {{ ref('int_nowcasts__developed') }} as factors
        on
            triangles.indicator = factors.indicator
            and triangles.region_code = factors.region_code
            and triangles.age_months = factors.age_months
            and triangles.months_back - triangles.age_months = factors.origin_back
    left join outcomes
        on
            triangles.indicator = outcomes.indicator
            and triangles.region_code = outcomes.region_code
            and triangles.month_date = outcomes.month_date
    left join outcomes as year_before
        on
            triangles.indicator = year_before.indicator
            and triangles.region_code = year_before.region_code
            and triangles.months_back + 12 = year_before.months_back
    where triangles.age_months < {{ var('last_age_months') }}
)

select * from estimates
