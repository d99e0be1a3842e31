{% set counts = [
    "returned", "held", "openings_posted", "openings_filled", "decided", "decided_in_time", "decision_due",
    "taken_down_30d", "closed_postings", "closed_openings", "closed_openings_filled", "filled_while_open",
    "closed_after_fill", "days_open_after_fill", "backlog", "open_postings", "open_postings_inactive"
] %}

with

cells as (
    select
        submitted,
        posted,
        rejected,
        duplicate,
        returned_open,
        held_open,
        pending,
        expired_undecided,
        withdrawn,
        posted_first_pass,
        returned,
        held,
        openings_posted,
        openings_filled,
        decided,
        decided_in_time,
        decision_due,
        posted_in_month,
        rejected_in_month,
        duplicate_in_month,
        returned_in_month,
        held_in_month,
        withdrawn_in_month,
        taken_down_30d,
        closed_postings,
        closed_openings,
        closed_openings_filled,
        filled_while_open,
        closed_after_fill,
        days_open_after_fill,
        backlog,
        open_postings,
        open_postings_inactive,
        month_date,
        channel_code,
        office_code,
        source_id,
        occupation_group
    from {{ ref('int_verification_counts__monthly') }}
),

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_labour_month
)

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
