-- Recipients of unemployment benefit and what they were paid in every province and month, zeros included.
{% set counts = ['ui_recipients', 'ui_paid_krw'] %}
with

grid as (
    select
        months.month_date,
        cells.cell_no,
        cells.breakdown_type,
        cells.region_code
    from {{ ref('int_months__spine') }} as months
    cross join {{ ref('int_trend_cells') }} as cells
    where months.is_insurance_month and cells.is_shared
),

filled as (
    select
        grid.month_date,
        {% for count in counts %}
        coalesce(counts.{{ count }}, 0) as {{ count }},
        {% endfor %}
        grid.cell_no
    from grid
    left join {{ ref('int_ui_payments__counted') }} as counts
        on
            grid.month_date = counts.month_date
            and grid.breakdown_type = counts.breakdown_type
            and grid.region_code = counts.region_code
)

select * from filled
