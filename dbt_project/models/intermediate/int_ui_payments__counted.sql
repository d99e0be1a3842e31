-- Who was paid unemployment benefit in a month and how much, by total and current province of residence. A person paid
-- twice in a month is one recipient.
with

payments as (
    select
        payments.person_key,
        {{ month_of('payments.paid_date') }} as month_date,
        payments.paid_krw,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        coalesce(sidos.weight, 1) as weight
    from {{ ref('fct_ui_payments') }} as payments
    left join {{ ref('int_sidos__current') }} as sidos on payments.region_code = sidos.region_code
    where payments.paid_date <= {{ as_of() }}
),

recipients as (
    select
        month_date,
        'region' as breakdown_type,
        region_code,
        person_key,
        max(weight) as weight,
        sum(paid_krw * weight) as paid_krw
    from payments
    group by month_date, region_code, person_key
    union all
    select
        month_date,
        'total' as breakdown_type,
        '_T' as region_code,
        person_key,
        1 as weight,
        sum(paid_krw * weight) as paid_krw
    from payments
    group by month_date, person_key
),

monthly as (
    select
        month_date,
        breakdown_type,
        region_code,
        cast(sum(weight) as decimal(18, 4)) as ui_recipients,
        cast(sum(paid_krw) as decimal(18, 4)) as ui_paid_krw
    from recipients
    group by month_date, breakdown_type, region_code
)

select * from monthly
