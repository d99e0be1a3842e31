-- Counts that show figures bettered without serving better, in the shape of int_performance_counts: cases open at the
-- end of a quarter that had no service for more than 90 days, and pay at placement far outside what the placed of the
-- year earn (outer fences: three interquartile ranges beyond the quartiles, Tukey 1977).
with

episodes as (
    select * from {{ ref('fct_service_episodes') }}
),

-- from one service to the next, or to the end of the case
stretches as (
    select
        episodes.organisation_code,
        episodes.programme_code,
        episodes.client_group,
        services.service_date,
        least(
            coalesce(services.next_service_date, {{ as_of() }}), coalesce(episodes.end_date, {{ as_of() }})
        ) as until_date
    from episodes
    inner join {{ ref('int_episode_services') }} as services on episodes.episode_id = services.episode_id
),

open_at_quarter_end as (
    select
        organisation_code,
        programme_code,
        client_group,
        service_date,
        cast(
            unnest(range({{ quarter_of('service_date') }}, {{ quarter_of('until_date') }}, interval 3 month)) as date
        ) as quarter_date
    from stretches
),

idle as (
    select
        'idle_case_share' as indicator,
        organisation_code,
        programme_code,
        client_group,
        quarter_date,
        count(*) filter (where {{ quarter_of('quarter_date', 1) }} - 1 > service_date + 90) as numerator,
        count(*) as denominator
    from open_at_quarter_end
    group by organisation_code, programme_code, client_group, quarter_date
),

placements as (
    select
        organisation_code,
        programme_code,
        client_group,
        placed_on,
        monthly_pay_krw
    from episodes
    where not is_excluded and placed_on is not null and monthly_pay_krw > 0
),

fences as (
    select
        year(placed_on) as placed_year,
        4 * quantile_cont(monthly_pay_krw, 0.25) - 3 * quantile_cont(monthly_pay_krw, 0.75) as lowest_pay,
        4 * quantile_cont(monthly_pay_krw, 0.75) - 3 * quantile_cont(monthly_pay_krw, 0.25) as highest_pay
    from placements
    group by year(placed_on)
),

outliers as (
    select
        'wage_outlier_share' as indicator,
        placements.organisation_code,
        placements.programme_code,
        placements.client_group,
        {{ quarter_of('placements.placed_on') }} as quarter_date,
        count(*) filter (
            where placements.monthly_pay_krw not between fences.lowest_pay and fences.highest_pay
        ) as numerator,
        count(*) as denominator
    from placements
    inner join fences on year(placements.placed_on) = fences.placed_year
    group by
        placements.organisation_code, placements.programme_code, placements.client_group,
        {{ quarter_of('placements.placed_on') }}
),

guards as (
    select * from idle
    union all
    select * from outliers
)

select
    indicator,
    organisation_code,
    programme_code,
    client_group,
    quarter_date,
    cast(numerator as decimal(28, 4)) as numerator,
    cast(denominator as decimal(28, 4)) as denominator
from guards
