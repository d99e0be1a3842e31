-- What does not add up over offices and occupations: percentiles of waiting, and days on which a reviewer worked; by
-- month and channel, _T all.
{% set parts = ["turnarounds", "lingerings", "backlogs", "reviewers"] %}

with

-- every submission stands in its channel and in the total
submissions as (
    select
        * exclude (channel_code),
        unnest([channel_code, '_T']) as channel_code
    from {{ ref('int_submissions__measured') }}
),

waiting as (
    select
        month_date,
        channel_code,
        waiting_days as duration,
        is_decided as is_event
    from submissions
),

waiting_curves as (
    {{ kaplan_meier('waiting', ['month_date', 'channel_code']) }}
),

turnarounds as (
    select
        month_date,
        channel_code,
        {{ outlasted_by(0.5) }} as turnaround_p50_days,
        {{ outlasted_by(0.1) }} as turnaround_p90_days
    from waiting_curves
    group by month_date, channel_code
),

-- filled while open at its provider; how much longer it stood there
lingering as (
    select
        {{ month_of('first_filled_on') }} as month_date,
        channel_code,
        cast(coalesce(closed_on, {{ as_of() }}) - first_filled_on as bigint) as duration,
        closed_on is not null as is_event
    from submissions
    where first_filled_on is not null and first_filled_on <= coalesce(closed_on, first_filled_on)
),

lingering_curves as (
    {{ kaplan_meier('lingering', ['month_date', 'channel_code']) }}
),

lingerings as (
    select
        month_date,
        channel_code,
        {{ outlasted_by(0.5) }} as close_after_fill_p50_days
    from lingering_curves
    group by month_date, channel_code
),

working_days as (
    select
        calendar_date,
        sum(case when is_working_day then 1 else 0 end) over (
            order by calendar_date rows between unbounded preceding and current row
        ) as working_day_no
    from {{ ref('dim_calendar') }}
),

backlogs as (
    select
        open_cases.month_date,
        open_cases.channel_code,
        cast(quantile_disc(last_days.working_day_no - first_days.working_day_no, 0.9) as bigint)
            as backlog_age_p90_days
    from (
        select
            * exclude (channel_code),
            unnest([channel_code, '_T']) as channel_code
        from {{ ref('int_submissions__waiting_monthly') }}
    ) as open_cases
    inner join working_days as first_days on open_cases.registered_date = first_days.calendar_date
    inner join working_days as last_days on open_cases.last_day = last_days.calendar_date
    group by open_cases.month_date, open_cases.channel_code
),

reviewers as (
    select
        {{ month_of('reviews.decided_date') }} as month_date,
        submissions.channel_code,
        count(*) as reviewer_decisions,
        count(distinct concat(reviews.reviewer_id, ' ', reviews.decided_date)) as reviewer_days
    from {{ ref('fct_posting_review') }} as reviews
    inner join submissions on reviews.vacancy_key = submissions.vacancy_key
    where reviews.reviewer_id is not null
    group by {{ month_of('reviews.decided_date') }}, submissions.channel_code
),

cells as (
    {% for part in parts %}
    select
        month_date,
        channel_code
    from {{ part }}
    {{ "union" if not loop.last }}
    {% endfor %}
),

measured as (
    select
        cells.month_date,
        cells.channel_code,
        turnarounds.turnaround_p50_days,
        turnarounds.turnaround_p90_days,
        lingerings.close_after_fill_p50_days,
        backlogs.backlog_age_p90_days,
        reviewers.reviewer_decisions,
        reviewers.reviewer_days
    from cells
    {% for part in parts %}
    left join {{ part }}
        on cells.month_date = {{ part }}.month_date and cells.channel_code = {{ part }}.channel_code
    {% endfor %}
)

select * from measured
