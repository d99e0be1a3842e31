{% set keys = ["channel_code", "office_code", "source_id", "occupation_group"] %}
{% set counts = verification_counts() %}
{% set parts = ["cohorts", "periods", "postings", "closings", "lingerings", "backlogs", "stocks", "agreements"] %}

-- What adds up of the verification, by month and the finest cell: any coarser table is a sum of these rows.
with

submissions as (
    select * from {{ ref('int_submissions__measured') }}
    where {{ has_entity('vacancies') and has_entity('vacancy_reviews') }}
),

months as (
    select
        month_date,
        least(month_end_date, {{ as_of() }}) as last_day
    from {{ ref('int_months__spine') }}
    where is_labour_month
),

cohorts as (
    select
        month_date,
        {{ keys | join(", ") }},
        count(*) filter (where is_decided) as decided,
        count(*) filter (where is_decided and waiting_days <= 1) as decided_in_time,
        count(*) filter (where is_decided or waiting_days > 1) as decision_due,
        {{ cohort_counts() }}
    from submissions
    group by all
),

periods as (
    {{ period_counts('submissions', keys) }}
),

-- taken down for cause within 30 days, by month of posting
postings as (
    select
        {{ month_of('posted_on') }} as month_date,
        {{ keys | join(", ") }},
        count(*) filter (where taken_down_on <= posted_on + 30) as taken_down_30d
    from submissions
    where posted_on is not null
    group by all
),

closings as (
    select
        {{ month_of('ended_on') }} as month_date,
        {{ keys | join(", ") }},
        count(*) as closed_postings,
        sum(openings_posted) as closed_openings,
        sum(openings_filled) as closed_openings_filled,
        count(*) filter (where is_fill_provisional) as closed_provisionally
    from submissions
    where ended_on is not null and openings_posted > 0
    group by all
),

-- filled while open at its provider, by month of the filling
lingerings as (
    select
        {{ month_of('first_filled_on') }} as month_date,
        {{ keys | join(", ") }},
        count(*) as filled_while_open,
        count(closed_on) as closed_after_fill,
        sum(closed_on - first_filled_on) as days_open_after_fill
    from submissions
    where first_filled_on is not null and first_filled_on <= coalesce(closed_on, first_filled_on)
    group by all
),

-- what stood where at the end of each month
backlogs as (
    select
        month_date,
        {{ keys | join(", ") }},
        count(*) as backlog
    from {{ ref('int_submissions__waiting_monthly') }}
    group by all
),

stocks as (
    select
        months.month_date,
        {{ keys | join(", ") }},
        count(*) as open_postings,
        count(*) filter (where submissions.inactive_from <= months.last_day) as open_postings_inactive
    from submissions
    inner join months
        on
            submissions.posted_from <= months.last_day
            and coalesce(submissions.closed_on, cast('9999-12-31' as date)) > months.last_day
    group by all
),

agreements as (
    select
        submissions.month_date,
        {{ keys | join(", ") }},
        count(*) filter (where pairs.is_first_bad and pairs.is_second_bad) as both_bad,
        count(*) filter (where pairs.is_first_bad and not pairs.is_second_bad) as only_first_bad,
        count(*) filter (where pairs.is_second_bad and not pairs.is_first_bad) as only_second_bad,
        count(*) filter (where not pairs.is_first_bad and not pairs.is_second_bad) as both_good
    from {{ ref('int_reviews__paired') }} as pairs
    inner join submissions on pairs.vacancy_key = submissions.vacancy_key
    group by all
),

cells as (
    {% for part in parts %}
    select
        month_date,
        {{ keys | join(", ") }}
    from {{ part }}
    {{ "union" if not loop.last }}
    {% endfor %}
),

counted as (
    select
        {% for count in counts %}
        cast(coalesce({{ count }}, 0) as bigint) as {{ count }},
        {% endfor %}
        cells.*
    from cells
    {% for part in parts %}
    left join {{ part }}
        on
            cells.month_date = {{ part }}.month_date
            {% for key in keys %}
            and cells.{{ key }} = {{ part }}.{{ key }}
            {% endfor %}
    {% endfor %}
)

select * from counted
