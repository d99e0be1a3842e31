-- Registered seekers who left for work in a quarter, and the mean of those registered at its month ends, by office, in
-- the shape of int_performance_counts (indicator of the European PES network, Decision 573/2014). The register knows
-- neither programme nor client group.
with

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_labour_month
),

firsts as (
    select min(month_date) as first_month from months
),

changes as (
    select
        coalesce(office_code, '_U') as organisation_code,
        {{ month_of('reg_date') }} as month_date,
        1 as stock_change,
        0 as outflow_to_work
    from {{ ref('fct_registration_spells') }}
    union all
    select
        coalesce(office_code, '_U') as organisation_code,
        {{ month_of('greatest(ended_on, reg_date)') }} as month_date,
        -1 as stock_change,
        cast(end_reason = 'EMPLOYED' as integer) as outflow_to_work
    from {{ ref('fct_registration_spells') }}
    where ended_on is not null
),

-- what came before the first month is in its stock
monthly as (
    select
        changes.organisation_code,
        greatest(changes.month_date, firsts.first_month) as month_date,
        sum(changes.stock_change) as stock_change,
        sum(case when changes.month_date >= firsts.first_month then changes.outflow_to_work else 0 end)
            as outflow_to_work
    from changes
    cross join firsts
    group by changes.organisation_code, greatest(changes.month_date, firsts.first_month)
),

offices as (
    select distinct organisation_code from monthly
),

stocks as (
    select
        offices.organisation_code,
        months.month_date,
        coalesce(monthly.outflow_to_work, 0) as outflow_to_work,
        sum(coalesce(monthly.stock_change, 0)) over (
            partition by offices.organisation_code
            order by months.month_date
        ) as stock
    from offices
    cross join months
    left join monthly
        on offices.organisation_code = monthly.organisation_code and months.month_date = monthly.month_date
),

-- how long they had been registered
transitions as (
    {%- for months, days in {"6m": 183, "12m": 365}.items() %}
    select
        'work_transitions_within_{{ months }}' as indicator,
        coalesce(spells.office_code, '_U') as organisation_code,
        '_N' as programme_code,
        '_N' as client_group,
        {{ quarter_of('spells.ended_on') }} as quarter_date,
        count(*) filter (where spells.ended_on <= spells.reg_date + {{ days }}) as numerator,
        count(*) as denominator
    from {{ ref('fct_registration_spells') }} as spells
    cross join firsts
    where spells.end_reason = 'EMPLOYED' and spells.ended_on >= firsts.first_month
    group by coalesce(spells.office_code, '_U'), {{ quarter_of('spells.ended_on') }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

quarterly as (
    select
        'outflow_to_work_rate' as indicator,
        organisation_code,
        '_N' as programme_code,
        '_N' as client_group,
        {{ quarter_of('month_date') }} as quarter_date,
        sum(outflow_to_work) as numerator,
        sum(stock) / count(*) as denominator
    from stocks
    group by organisation_code, {{ quarter_of('month_date') }}
    union all
    select * from transitions
)

select
    indicator,
    organisation_code,
    programme_code,
    client_group,
    quarter_date,
    cast(numerator as decimal(28, 4)) as numerator,
    cast(denominator as decimal(28, 4)) as denominator
from quarterly
