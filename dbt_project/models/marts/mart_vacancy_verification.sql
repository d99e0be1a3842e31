{% set counts = [
    "returned", "held", "decided", "decided_in_time", "decision_due", "openings_posted", "openings_filled",
    "posted_in_month", "rejected_in_month", "duplicate_in_month", "returned_in_month", "held_in_month",
    "withdrawn_in_month", "taken_down_30d", "closed_postings", "closed_openings", "closed_openings_filled",
    "filled_while_open", "backlog", "open_postings", "open_postings_inactive", "reviewer_decisions", "reviewer_days",
    "both_bad", "only_first_bad", "only_second_bad", "both_good"
] %}
{% set parts = [
    "cohorts", "turnarounds", "periods", "postings", "closings", "lingerings", "backlogs", "stocks", "reviewers",
    "agreements"
] %}

with

months as (
    select
        month_date,
        least(month_end_date, {{ as_of() }}) as last_day,
        status = 'P' as is_report_open
    from {{ ref('int_months__spine') }}
    where is_labour_month and {{ has_entity('vacancies') and has_entity('vacancy_reviews') }}
),

-- every submission stands in its channel and in the total
submissions as (
    select
        * exclude (channel_code),
        unnest([channel_code, '_T']) as channel_code
    from {{ ref('int_submissions__measured') }}
),

channels as (
    select distinct channel_code from submissions
    union
    select '_T' as channel_code
),

cohorts as (
    select
        month_date,
        channel_code,
        count(*) filter (where is_decided) as decided,
        count(*) filter (where is_decided and waiting_days <= 1) as decided_in_time,
        count(*) filter (where is_decided or waiting_days > 1) as decision_due,
        {{ cohort_counts() }}
    from submissions
    group by month_date, channel_code
),

waits as (
    select
        month_date,
        channel_code,
        waiting_days as duration,
        is_decided as is_event
    from submissions
),

waiting_curves as (
    {{ kaplan_meier('waits', ['month_date', 'channel_code']) }}
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

periods as (
    {{ period_counts('submissions', ['channel_code']) }}
),

-- taken down for cause within 30 days, by month of posting
postings as (
    select
        {{ month_of('posted_on') }} as month_date,
        channel_code,
        count(*) filter (where taken_down_on <= posted_on + 30) as taken_down_30d
    from submissions
    where posted_on is not null
    group by {{ month_of('posted_on') }}, channel_code
),

closings as (
    select
        {{ month_of('ended_on') }} as month_date,
        channel_code,
        count(*) as closed_postings,
        sum(openings_posted) as closed_openings,
        sum(openings_filled) as closed_openings_filled,
        bool_or(is_fill_provisional) as is_fill_provisional
    from submissions
    where ended_on is not null and openings_posted > 0
    group by {{ month_of('ended_on') }}, channel_code
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
        cast(sum(ended) as bigint) as filled_while_open,
        {{ outlasted_by(0.5) }} as close_after_fill_p50_days
    from lingering_curves
    group by month_date, channel_code
),

-- what stood where at the end of each month
open_cases as (
    select
        months.month_date,
        months.last_day,
        submissions.channel_code,
        submissions.registered_date
    from submissions
    inner join {{ ref('fct_posting_status') }} as statuses on submissions.vacancy_key = statuses.vacancy_key
    inner join months
        on
            statuses.valid_from <= months.last_day
            and coalesce(statuses.valid_to, cast('9999-12-31' as date)) > months.last_day
    where statuses.state in ('pending', 'returned_open', 'held_open')
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
        count(*) as backlog,
        cast(quantile_disc(last_days.working_day_no - first_days.working_day_no, 0.9) as bigint)
            as backlog_age_p90_days
    from open_cases
    inner join working_days as first_days on open_cases.registered_date = first_days.calendar_date
    inner join working_days as last_days on open_cases.last_day = last_days.calendar_date
    group by open_cases.month_date, open_cases.channel_code
),

stocks as (
    select
        months.month_date,
        submissions.channel_code,
        count(*) as open_postings,
        count(*) filter (where submissions.inactive_from <= months.last_day) as open_postings_inactive
    from submissions
    inner join months
        on
            submissions.posted_from <= months.last_day
            and coalesce(submissions.closed_on, cast('9999-12-31' as date)) > months.last_day
    group by months.month_date, submissions.channel_code
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

agreements as (
    select
        submissions.month_date,
        submissions.channel_code,
        count(*) filter (where pairs.is_first_bad and pairs.is_second_bad) as both_bad,
        count(*) filter (where pairs.is_first_bad and not pairs.is_second_bad) as only_first_bad,
        count(*) filter (where pairs.is_second_bad and not pairs.is_first_bad) as only_second_bad,
        count(*) filter (where not pairs.is_first_bad and not pairs.is_second_bad) as both_good
    from {{ ref('int_reviews__paired') }} as pairs
    inner join submissions on pairs.vacancy_key = submissions.vacancy_key
    group by submissions.month_date, submissions.channel_code
),

-- a month or channel in which nothing happened is a zero, not absent
filled as (
    select
        months.month_date,
        months.last_day,
        months.is_report_open,
        channels.channel_code,
        coalesce(cohorts.submitted, 0) as submitted,
        {% for state in posting_states() %}
        coalesce(cohorts.{{ state }}, 0) as {{ state }},
        {% endfor %}
        coalesce(cohorts.posted_first_pass, 0) as posted_first_pass,
        {% for count in counts %}
        coalesce({{ count }}, 0) as {{ count }},
        {% endfor %}
        turnarounds.turnaround_p50_days,
        turnarounds.turnaround_p90_days,
        lingerings.close_after_fill_p50_days,
        backlogs.backlog_age_p90_days,
        coalesce(closings.is_fill_provisional, false) as is_fill_provisional
    from months
    cross join channels
    {% for part in parts %}
    left join {{ part }}
        on months.month_date = {{ part }}.month_date and channels.channel_code = {{ part }}.channel_code
    {% endfor %}
),

rated as (
    select
        *,
        {{ ratio('decided_in_time', 'decision_due') }} as decided_in_time_share,
        {{ ratio('openings_filled', 'openings_posted') }} as openings_filled_share,
        {{ ratio('taken_down_30d', 'posted_in_month') }} as take_down_rate,
        {{ ratio('closed_openings_filled', 'closed_openings') }} as fill_rate,
        {{ ratio('open_postings_inactive', 'open_postings') }} as inactive_share,
        {{ ratio('reviewer_decisions', 'reviewer_days') }} as decisions_per_reviewer_day,
        {{ kappa('both_bad', 'only_first_bad', 'only_second_bad', 'both_good') }} as reviewer_kappa
    from filled
),

published as (
    select
        {{ funnel_columns() }},
        {% for count in counts %}
        cast({{ count }} as bigint) as {{ count }},
        {% endfor %}
        cast(decided_in_time_share as decimal(28, 10)) as decided_in_time_share,
        cast(turnaround_p50_days as bigint) as turnaround_p50_days,
        cast(turnaround_p90_days as bigint) as turnaround_p90_days,
        cast(openings_filled_share as decimal(28, 10)) as openings_filled_share,
        cast(take_down_rate as decimal(28, 10)) as take_down_rate,
        cast(fill_rate as decimal(28, 10)) as fill_rate,
        cast(
            case when is_fill_provisional or (is_report_open and closed_openings > 0) then 'P' else 'F' end as varchar
        ) as fill_rate_status,
        cast(close_after_fill_p50_days as bigint) as close_after_fill_p50_days,
        cast(backlog_age_p90_days as bigint) as backlog_age_p90_days,
        cast(inactive_share as decimal(28, 10)) as inactive_share,
        cast(decisions_per_reviewer_day as decimal(28, 10)) as decisions_per_reviewer_day,
        cast(reviewer_kappa as decimal(28, 10)) as reviewer_kappa,
        cast({{ null_reasons({
            'first_pass_rate': 'nothing_submitted',
            'decided_in_time_share': 'no_decision_due',
            'turnaround_p50_days': 'less_than_half_decided',
            'turnaround_p90_days': 'less_than_nine_tenths_decided',
            'openings_filled_share': 'no_opening_posted',
            'take_down_rate': 'nothing_posted',
            'fill_rate': 'no_posting_closed',
            'close_after_fill_p50_days': 'none_filled_or_most_still_open',
            'backlog_age_p90_days': 'no_backlog',
            'inactive_share': 'no_open_posting',
            'decisions_per_reviewer_day': 'no_reviewer_named',
            'reviewer_kappa': 'nobody_reviewed_twice_or_no_variation'
        }) }} as varchar) as null_reasons
    from rated
)

select * from published
