-- What happened to claims for unemployment benefit in a month, by total and current province of residence.
{% set counts = [
    'ui_claims_new', 'ui_first_payments', 'ui_benefit_granted_krw', 'ui_exhaustions', 'ui_entitlements_over',
    'ui_entitlements_exhausted'
] %}
with

claims as (
    select
        claims.claim_date,
        claims.first_paid_date,
        claims.exhausted_date,
        -- first day after the days granted
        claims.first_paid_date + cast(claims.benefit_days as integer) as entitled_until,
        claims.benefit_days * claims.daily_amount_krw as granted_krw,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        coalesce(sidos.weight, 1) as weight
    from {{ ref('fct_ui_claims') }} as claims
    left join {{ ref('int_sidos__current') }} as sidos on claims.region_code = sidos.region_code
),

happenings as (
    {% for count, day, amount in [
        ['ui_claims_new', 'claim_date', 'weight'],
        ['ui_first_payments', 'first_paid_date', 'weight'],
        ['ui_benefit_granted_krw', 'first_paid_date', 'granted_krw * weight'],
        ['ui_exhaustions', 'exhausted_date', 'weight'],
        ['ui_entitlements_over', 'entitled_until', 'weight'],
        ['ui_entitlements_exhausted', 'entitled_until', 'case when exhausted_date is null then 0 else weight end'],
    ] %}
    select
        {{ month_of(day) }} as month_date,
        region_code,
        '{{ count }}' as happening,
        {{ amount }} as amount
    from claims
    where {{ day }} <= {{ as_of() }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

monthly as (
    select
        month_date,
        case when grouping(region_code) = 0 then 'region' else 'total' end as breakdown_type,
        {% for count in counts %}
        cast(sum(case when happening = '{{ count }}' then amount else 0 end) as decimal(18, 4))
            as {{ count }},
        {% endfor %}
        coalesce(region_code, '_T') as region_code
    from happenings
    group by grouping sets ((month_date), (month_date, region_code))
)

select * from monthly
