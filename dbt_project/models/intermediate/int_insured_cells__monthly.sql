-- Insured persons and reported moves in every cell and month, zeros included, beside the stocks they are compared with.
{% set counts = ['acquisitions', 'losses'] + (loss_reason_counts().keys() | list) %}
with

grid as (
    select
        months.month_date,
        cells.*
    from {{ ref('int_months__spine') }} as months
    cross join {{ ref('int_trend_cells') }} as cells
    where months.is_insurance_month and cells.is_insurance
),

filled as (
    select
        grid.month_date,
        grid.cell_no,
        grid.breakdown_type,
        {% for count in counts %}
        coalesce(events.{{ count }}, 0) as {{ count }},
        {% endfor %}
        coalesce(persons.insured_stock, 0) as insured_stock,
        coalesce(persons.insured_entries, 0) as insured_entries,
        coalesce(persons.insured_exits, 0) as insured_exits
    from grid
    left join {{ ref('int_insured_events__monthly') }} as events
        on
            grid.month_date = events.month_date
            and grid.breakdown_type = events.breakdown_type
            and grid.region_code = events.region_code
            and grid.industry_code = events.industry_code
            and grid.sex = events.sex
            and grid.age_group = events.age_group
    left join {{ ref('int_insured_persons__monthly') }} as persons
        on
            grid.month_date = persons.month_date
            and grid.breakdown_type = persons.breakdown_type
            and grid.region_code = persons.region_code
            and grid.industry_code = persons.industry_code
            and grid.sex = persons.sex
            and grid.age_group = persons.age_group
),

-- months follow each other without a gap, so the row before is the month before
earlier as (
    select
        *,
        lag(insured_stock, 1) over (partition by cell_no order by month_date) as insured_stock_before,
        lag(insured_stock, 12) over (partition by cell_no order by month_date) as insured_stock_year_before
    from filled
),

totals as (
    select
        month_date,
        insured_stock_year_before
    from earlier
    where breakdown_type = 'total'
),

compared as (
    select
        earlier.*,
        totals.insured_stock_year_before as insured_stock_year_before_total,
        earlier.insured_stock - earlier.insured_stock_year_before as insured_stock_change_12m,
        (earlier.insured_stock + earlier.insured_stock_before) / 2 as insured_stock_mean,
        -- hires and separations beyond what the change of their balance needs
        earlier.acquisitions + earlier.losses - abs(earlier.acquisitions - earlier.losses) as moves_in_excess
    from earlier
    left join totals on earlier.month_date = totals.month_date
)

select * from compared
