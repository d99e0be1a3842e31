-- Medians of pay at placement and of earnings in the second quarter after exit, in every breakdown and period.
with

episodes as (
    select * from {{ ref('fct_service_episodes') }}
    where not is_excluded
),

amounts as (
    select
        'wage_at_placement_median' as indicator,
        organisation_code,
        programme_code,
        client_group,
        {{ quarter_of('placed_on') }} as quarter_date,
        monthly_pay_krw as amount
    from episodes
    where placed_on is not null and monthly_pay_krw > 0
    union all
    select
        'median_earnings_q2' as indicator,
        organisation_code,
        programme_code,
        client_group,
        {{ quarter_of('exit_date') }} as quarter_date,
        earnings_q2_krw as amount
    from episodes
    where is_employed_q2 and earnings_q2_krw > 0
),

amount_periods as (
    {{ in_periods('amounts') }}
),

medians as (
    {{ by_breakdown('amount_periods', ["median(amount) as value", "count(*) as denominator"]) }}
)

select * from medians
