{% set counts = ["returned", "held", "openings_posted", "openings_filled"] %}
{% set keys = ["channel_code", "office_code", "source_id", "occupation_group"] %}

with

submissions as (
    select * from {{ ref('int_submissions__measured') }}
    where {{ has_entity('vacancies') and has_entity('vacancy_reviews') }}
),

cohorts as (
    select
        month_date,
        {% for key in keys %}
        {{ key }},
        {% endfor %}
        {{ cohort_counts() }}
    from submissions
    group by all
),

periods as (
    {{ period_counts('submissions', keys) }}
),

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_labour_month
),

both_views as (
    select
        coalesce(cohorts.month_date, periods.month_date) as month_date,
        {% for key in keys %}
        coalesce(cohorts.{{ key }}, periods.{{ key }}) as {{ key }},
        {% endfor %}
        {% for count in posting_states() + ["posted_first_pass"] + counts %}
        coalesce(cohorts.{{ count }}, 0) as {{ count }},
        {% endfor %}
        {% for happening in happening_days() %}
        coalesce(periods.{{ happening }}, 0) as {{ happening }},
        {% endfor %}
        coalesce(cohorts.submitted, 0) as submitted
    from cohorts
    full outer join periods
        on
            cohorts.month_date = periods.month_date
            {% for key in keys %}
            and cohorts.{{ key }} = periods.{{ key }}
            {% endfor %}
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
    from both_views
    where month_date in (select months.month_date from months)
)

select * from published
