{% set days = {
    "posted_in_month": "posted_on",
    "rejected_in_month": "rejected_on",
    "duplicate_in_month": "duplicate_on",
    "returned_in_month": "returned_on",
    "held_in_month": "held_on",
    "withdrawn_in_month": "withdrawn_on",
} %}
{% set cohort_counts = ["posted_first_pass", "returned", "held", "openings_posted", "openings_filled"] %}

with

submissions as (
    select * from {{ ref('int_submissions__measured') }}
    where {{ has_entity('vacancies') and has_entity('vacancy_reviews') }}
),

cohorts as (
    select
        month_date,
        channel_code,
        office_code,
        source_id,
        occupation_group,
        count(*) as submitted,
        {% for state in posting_states() %}
        count(*) filter (where posting_state = '{{ state }}') as {{ state }},
        {% endfor %}
        count(*) filter (where is_first_pass) as posted_first_pass,
        count(*) filter (where is_returned) as returned,
        count(*) filter (where is_held) as held,
        sum(openings_posted) as openings_posted,
        sum(openings_filled) as openings_filled
    from submissions
    group by month_date, channel_code, office_code, source_id, occupation_group
),

happenings as (
    {% for happening, day in days.items() %}
    select
        {{ month_of(day) }} as month_date,
        channel_code,
        office_code,
        source_id,
        occupation_group,
        '{{ happening }}' as happening
    from submissions
    where {{ day }} is not null
    {{ "union all" if not loop.last }}
    {% endfor %}
),

periods as (
    select
        month_date,
        channel_code,
        office_code,
        source_id,
        {% for happening in days %}
        count(*) filter (where happening = '{{ happening }}') as {{ happening }},
        {% endfor %}
        occupation_group
    from happenings
    group by month_date, channel_code, office_code, source_id, occupation_group
),

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_labour_month
),

both_views as (
    select
        coalesce(cohorts.month_date, periods.month_date) as month_date,
        coalesce(cohorts.channel_code, periods.channel_code) as channel_code,
        coalesce(cohorts.office_code, periods.office_code) as office_code,
        coalesce(cohorts.source_id, periods.source_id) as source_id,
        {% for count in posting_states() + cohort_counts %}
        coalesce(cohorts.{{ count }}, 0) as {{ count }},
        {% endfor %}
        {% for happening in days %}
        coalesce(periods.{{ happening }}, 0) as {{ happening }},
        {% endfor %}
        coalesce(cohorts.submitted, 0) as submitted,
        coalesce(cohorts.occupation_group, periods.occupation_group) as occupation_group
    from cohorts
    full outer join periods
        on
            cohorts.month_date = periods.month_date
            and cohorts.channel_code = periods.channel_code
            and cohorts.office_code = periods.office_code
            and cohorts.source_id = periods.source_id
            and cohorts.occupation_group = periods.occupation_group
),

published as (
    select
        cast(month_date as date) as ref_period,
        cast(strftime(month_date, '%Y-%m') as varchar) as time_period,
        cast(channel_code as varchar) as channel_code,
        cast(office_code as varchar) as office_code,
        cast(source_id as varchar) as source_id,
        cast(occupation_group as varchar) as occupation_code,
        cast(submitted as bigint) as submitted,
        {% for state in posting_states() %}
        cast({{ state }} as bigint) as {{ state }},
        {% endfor %}
        cast({{ concluded() }} as bigint) as concluded,
        cast(posted_first_pass as bigint) as posted_first_pass,
        {{ ratio('posted', concluded()) }} as posting_rate,
        {{ ratio('posted_first_pass', 'submitted') }} as first_pass_rate,
        {% for count in ["returned", "held", "openings_posted", "openings_filled"] + (days.keys() | list) %}
        cast({{ count }} as bigint) as {{ count }},
        {% endfor %}
        cast({{ null_reason(concluded()) }} as varchar) as posting_rate_null_reason,
        cast(case when returned_open + held_open + pending > 0 then 'P' else 'F' end as varchar) as status,
        {{ as_of() }} as as_of
    from both_views
    where month_date in (select months.month_date from months)
)

select * from published
