{% set counts = [
    "returned", "held", "decided", "decided_in_time", "decision_due", "openings_posted", "openings_filled",
    "posted_in_month", "rejected_in_month", "duplicate_in_month", "returned_in_month", "held_in_month",
    "withdrawn_in_month", "taken_down_30d", "closed_postings", "closed_openings", "closed_openings_filled",
    "filled_while_open", "backlog", "open_postings", "open_postings_inactive", "reviewer_decisions", "reviewer_days",
    "both_bad", "only_first_bad", "only_second_bad", "both_good"
] %}
{% set parts = ["counts", "waits"] %}

with

months as (
    select
        month_date,
        least(month_end_date, {{ as_of() }}) as last_day,
        status = 'P' as is_report_open
    from {{ ref('int_months__spine') }}
    where is_labour_month and {{ has_entity('vacancies') and has_entity('vacancy_reviews') }}
),

channels as (
    select distinct channel_code from {{ ref('int_submissions__measured') }}
    union
    select '_T' as channel_code
),

counts as (
    select
        {% for count in verification_counts() %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor %}
        month_date,
        channel_code
    from (
        select
            month_date,
            {{ verification_counts() | join(", ") }},
            unnest([channel_code, '_T']) as channel_code
        from {{ ref('int_verification_counts__monthly') }}
    ) as cells
    group by month_date, channel_code
),

waits as (
    select
        month_date,
        channel_code,
        turnaround_p50_days,
        turnaround_p90_days,
        close_after_fill_p50_days,
        backlog_age_p90_days,
        reviewer_decisions,
        reviewer_days
    from {{ ref('int_verification_waits__monthly') }}
),

-- a month or channel in which nothing happened is a zero, not absent
filled as (
    select
        months.month_date,
        months.last_day,
        months.is_report_open,
        channels.channel_code,
        coalesce(counts.submitted, 0) as submitted,
        {% for state in posting_states() %}
        coalesce(counts.{{ state }}, 0) as {{ state }},
        {% endfor %}
        coalesce(counts.posted_first_pass, 0) as posted_first_pass,
        {% for count in counts %}
        coalesce({{ count }}, 0) as {{ count }},
        {% endfor %}
        waits.turnaround_p50_days,
        waits.turnaround_p90_days,
        waits.close_after_fill_p50_days,
        waits.backlog_age_p90_days,
        coalesce(counts.closed_provisionally, 0) > 0 as is_fill_provisional
    from months
    cross join channels
    {% for part in parts %}
    left join {{ part }}
        on months.month_date = {{ part }}.month_date and channels.channel_code = {{ part }}.channel_code
    {% endfor %}
)

select
    {{ funnel_columns() }},
    {% for count in counts %}
    cast({{ count }} as bigint) as {{ count }},
    {% endfor %}
    {{ ratio('decided_in_time', 'decision_due') }} as decided_in_time_share,
    cast(turnaround_p50_days as bigint) as turnaround_p50_days,
    cast(turnaround_p90_days as bigint) as turnaround_p90_days,
    {{ ratio('openings_filled', 'openings_posted') }} as openings_filled_share,
    {{ ratio('taken_down_30d', 'posted_in_month') }} as take_down_rate,
    {{ ratio('closed_openings_filled', 'closed_openings') }} as fill_rate,
    cast(
        case when is_fill_provisional or (is_report_open and closed_openings > 0) then 'P' else 'F' end as varchar
    ) as fill_rate_status,
    cast(close_after_fill_p50_days as bigint) as close_after_fill_p50_days,
    cast(backlog_age_p90_days as bigint) as backlog_age_p90_days,
    {{ ratio('open_postings_inactive', 'open_postings') }} as inactive_share,
    {{ ratio('reviewer_decisions', 'reviewer_days') }} as decisions_per_reviewer_day,
    {{ kappa('both_bad', 'only_first_bad', 'only_second_bad', 'both_good') }} as reviewer_kappa,
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
from filled
