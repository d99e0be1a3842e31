{% set counts = [
    "returned", "held", "openings_posted", "openings_filled", "decided", "decided_in_time", "decision_due",
    "taken_down_30d", "closed_postings", "closed_openings", "closed_openings_filled", "filled_while_open",
    "closed_after_fill", "days_open_after_fill", "backlog", "open_postings", "open_postings_inactive"
] %}

with

cells as (
    select * from {{ ref('int_verification_counts__monthly') }}
),

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_labour_month
),

published as (
    select
        {{ funnel_columns() }},
        cast(office_code as varchar) as office_code,
        cast(source_id as varchar) as source_id,
        {% for count in counts + (happening_days().keys() | list) %}
        cast({{ count }} as bigint) as {{ count }},
        {% endfor %}
        cast(occupation_group as varchar) as occupation_code
    from cells
    where month_date in (select months.month_date from months)
)

select * from published
