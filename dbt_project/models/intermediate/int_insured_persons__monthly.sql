-- Persons insured at month end, entering and leaving, once per person however many jobs: total and sex, age band,
-- province, section. Stock is the running sum of its changes, so it costs one pass over the stretches.
{% set codes = {'region': 'region_code', 'industry': 'industry_code', 'sex': 'sex', 'age_group': 'age_group'} %}
with

by_breakdown as (
    select * from {{ ref('int_insured_persons__changes') }}
),

-- everybody has exactly one sex code, so the total is the sum over them
with_total as (
    select * from by_breakdown
    union all
    select
        'total' as breakdown_type,
        '_T' as code,
        month_date,
        sum(stock_change) as stock_change,
        sum(entries) as entries,
        sum(exits) as exits
    from by_breakdown
    where breakdown_type = 'sex'
    group by month_date
),

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_insurance_month
),

first_month as (
    select min(month_date) as month_date from months
),

cells as (
    select
        with_total.breakdown_type,
        with_total.code,
        coalesce(
            sum(with_total.stock_change) filter (where with_total.month_date < first_month.month_date), 0
        ) as opening_stock
    from with_total
    cross join first_month
    group by with_total.breakdown_type, with_total.code
),

filled as (
    select
        cells.breakdown_type,
        cells.code,
        cells.opening_stock,
        months.month_date,
        coalesce(with_total.stock_change, 0) as stock_change,
        coalesce(with_total.entries, 0) as entries,
        coalesce(with_total.exits, 0) as exits
    from cells
    cross join months
    left join with_total
        on
            cells.breakdown_type = with_total.breakdown_type
            and cells.code = with_total.code
            and months.month_date = with_total.month_date
),

stocks as (
    select
        breakdown_type,
        {% for breakdown, column in codes.items() %}
        case when breakdown_type = '{{ breakdown }}' then code else '_T' end as {{ column }},
        {% endfor %}
        month_date,
        cast(entries as decimal(18, 4)) as insured_entries,
        cast(exits as decimal(18, 4)) as insured_exits,
        cast(
            opening_stock + sum(stock_change) over (
                partition by breakdown_type, code
                order by month_date
            ) as decimal(18, 4)
        ) as insured_stock
    from filled
)

select * from stocks
