-- Chain ladder (Mack 1993): how much the figures of a month grow from one age to the next, over the months that had
-- passed it, and from each age to the last; as it would have been told so many months ago (origin_back), from what was
-- known then.
with

pairs as (
    select
        indicator,
        region_code,
        age_months,
        months_back,
        amount,
        lead(amount) over (partition by indicator, region_code, month_date order by age_months) as amount_next
    from {{ ref('int_month_triangles') }}
),

factors as (
    select
        indicator,
        region_code,
        age_months,
        -- the youngest month that had passed this age was so old
        months_back - age_months - 1 as origin_back,
        sum(amount_next) over passed as amount_next,
        sum(amount) over passed as amount,
        count(*) over passed as months
    from pairs
    where amount_next is not null
    window passed as (
        partition by indicator, region_code, age_months
        order by months_back desc
        rows between {{ var('nowcast_months') - 1 }} preceding and current row
    )
),

developed as (
    select
        indicator,
        region_code,
        origin_back,
        age_months,
        months,
        amount_next as development_numerator,
        amount as development_denominator,
        {{ ratio('amount_next', 'amount') }} as development_factor,
        product(cast(amount_next as double) / nullif(amount, 0)) over onwards as factor_to_last,
        count(*) over onwards as steps,
        min(months) over onwards as months_min,
        min(amount) over onwards as amount_min
    from factors
    window onwards as (
        partition by indicator, region_code, origin_back
        order by age_months desc
    )
)

select
    indicator,
    region_code,
    origin_back,
    age_months,
    months,
    development_numerator,
    development_denominator,
    development_factor,
    -- without a factor for every age up to the last there is no estimate
    case
        when steps = {{ var('last_age_months') }} - age_months and amount_min > 0
            then cast(round(factor_to_last, 10) as decimal(28, 10))
    end as factor_to_last,
    months_min
from developed
