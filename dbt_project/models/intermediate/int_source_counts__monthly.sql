-- What the quality of a source is measured on, by month: deliveries due and received, rows and what became of them,
-- items, records linked.
with

checks as (
    select * from {{ source('landing', '_load_checks') }}
),

due as (
    select
        source_id,
        due_date,
        lead(due_date) over (partition by source_id order by due_date) as next_due_date
    from {{ source('landing', '_deliveries_due') }}
),

received as (
    select distinct
        due.source_id,
        due.due_date
    from due
    inner join checks
        on
            due.source_id = checks.source_id
            and due.due_date <= checks.delivery_date
            and coalesce(due.next_due_date, {{ as_of() }} + 1) > checks.delivery_date
    where checks.status = 'accepted'
),

deliveries as (
    select
        due.source_id,
        {{ month_of('due.due_date') }} as month_date,
        count(*) as deliveries_due,
        count(received.due_date) as deliveries_received
    from due
    left join received on due.source_id = received.source_id and due.due_date = received.due_date
    group by due.source_id, {{ month_of('due.due_date') }}
),

days_accepted as (
    select distinct
        source_id,
        delivery_date
    from checks
    where status = 'accepted'
),

-- what was refused and came again later is not left out
loads as (
    select
        checks.source_id,
        {{ month_of('checks.delivery_date') }} as month_date,
        count(*) filter (where checks.status = 'refused') as loads_refused,
        sum(checks.fetched) as rows_fetched,
        sum(checks.accepted) as rows_accepted,
        sum(checks.quarantined) as rows_quarantined,
        sum(checks.duplicates) as rows_duplicate,
        sum(
            checks.quarantined
            + case when days_accepted.delivery_date is null then checks.withheld else 0 end
        ) as rows_left_out
    from checks
    left join days_accepted
        on checks.source_id = days_accepted.source_id and checks.delivery_date = days_accepted.delivery_date
    group by checks.source_id, {{ month_of('checks.delivery_date') }}
),

items as (
    select
        source_id,
        {{ month_of('delivery_date') }} as month_date,
        sum(items) as items,
        sum(items_missing) as items_missing
    from {{ source('landing', '_item_values') }}
    group by source_id, {{ month_of('delivery_date') }}
),

series as (
    {% for relation, names in {
        "deliveries": ["deliveries_due", "deliveries_received"],
        "loads": ["loads_refused", "rows_fetched", "rows_accepted", "rows_quarantined", "rows_duplicate",
                  "rows_left_out"],
        "items": ["items", "items_missing"],
    }.items() %}
    {% for name in names %}
    select
        source_id,
        month_date,
        '_Z' as linked_with,
        '{{ name }}' as series,
        cast({{ name }} as decimal(18, 0)) as amount
    from {{ relation }}
    union all
    {% endfor %}
    {% endfor %}
    {% for name in ["records_linkable", "records_linked"] %}
    select
        source_id,
        month_date,
        linked_with,
        '{{ name }}' as series,
        cast({{ name }} as decimal(18, 0)) as amount
    from {{ ref('int_source_links__monthly') }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from series
