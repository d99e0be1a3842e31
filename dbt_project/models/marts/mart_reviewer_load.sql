-- What people decide and how much of it falls to one of them in a day, by kind of work. Each level is counted anew: a
-- reviewer who does two kinds of work in a day worked one day.
{% set counts = [
    "decisions", "doubly_reviewed", "unreached", "reviewers", "reviewer_days", "call_attempts",
    "decisions_with_calls_told", "month_decisions"
] %}

with

decisions as (
    select
        {{ month_of('decided_date') }} as month_date,
        source_id,
        step_code,
        coalesce(selection_code, '_U') as selection_code,
        decision,
        coalesce(is_double, false) as is_double,
        call_attempts,
        concat(source_id, ' ', reviewer_id) as reviewer,
        concat(source_id, ' ', reviewer_id, ' ', decided_date) as reviewer_day
    from {{ ref('fct_vacancy_reviews') }}
    where reviewer_id is not null
),

counted as (
    select
        month_date,
        coalesce(source_id, '_T') as source_id,
        coalesce(step_code, '_T') as step_code,
        coalesce(selection_code, '_T') as selection_code,
        count(*) as decisions,
        count(*) filter (where is_double) as doubly_reviewed,
        count(*) filter (where decision = 'UNREACHABLE') as unreached,
        count(distinct reviewer) as reviewers,
        count(distinct reviewer_day) as reviewer_days,
        sum(call_attempts) as call_attempts,
        count(call_attempts) as decisions_with_calls_told
    from decisions
    group by grouping sets (
        (month_date, source_id, step_code, selection_code),
        (month_date, source_id, step_code),
        (month_date, source_id),
        (month_date)
    )
),

labels as (
    select
        code_list,
        code,
        label_ko,
        label_en
    from {{ ref('code_labels') }}
    where code_list in ('verification_step', 'review_selection', 'total')
),

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_labour_month
),

labelled as (
    select
        counted.month_date,
        counted.source_id,
        counted.step_code,
        counted.selection_code,
        counted.decisions,
        counted.doubly_reviewed,
        counted.unreached,
        counted.reviewers,
        counted.reviewer_days,
        counted.call_attempts,
        counted.decisions_with_calls_told,
        whole.decisions as month_decisions,
        steps.label_ko as step_label_ko,
        steps.label_en as step_label_en,
        selections.label_ko as selection_label_ko,
        selections.label_en as selection_label_en
    from counted
    inner join months on counted.month_date = months.month_date
    inner join counted as whole on counted.month_date = whole.month_date and whole.source_id = '_T'
    left join labels as steps on counted.step_code = steps.code
    left join labels as selections on counted.selection_code = selections.code
)

select
    cast(month_date as date) as ref_period,
    cast(strftime(month_date, '%Y-%m') as varchar) as time_period,
    cast(source_id as varchar) as source_id,
    cast(step_code as varchar) as step_code,
    cast(step_label_ko as varchar) as step_label_ko,
    cast(step_label_en as varchar) as step_label_en,
    cast(selection_code as varchar) as selection_code,
    cast(selection_label_ko as varchar) as selection_label_ko,
    cast(selection_label_en as varchar) as selection_label_en,
    {% for count in counts %}
    cast({{ count }} as bigint) as {{ count }},
    {% endfor %}
    {{ ratio('decisions', 'month_decisions') }} as decision_share,
    {{ ratio('decisions', 'reviewer_days') }} as decisions_per_reviewer_day,
    {{ ratio('call_attempts', 'decisions_with_calls_told') }} as call_attempts_per_decision,
    cast({{ null_reasons({
        'call_attempts': 'provider_does_not_tell_calls',
        'call_attempts_per_decision': 'provider_does_not_tell_calls'
    }) }} as varchar) as null_reasons,
    {{ as_of() }} as as_of
from labelled
