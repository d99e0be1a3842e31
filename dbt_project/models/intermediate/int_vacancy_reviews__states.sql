-- Where each posting stands in the four-step verification, from its decisions in order of time.
with

-- an employer who was not reached about a signal has not answered it
reviews as (
    select * from {{ ref('int_vacancy_reviews__unioned') }}
    where not (step_code = 'S4_COHERENCE' and decision = 'UNREACHABLE')
),

ordered as (
    select
        *,
        step_code = 'S4_COHERENCE' as is_after_posting,
        step_code = 'S4_COHERENCE' and decision = 'WITHDRAWN' and coalesce(reason_codes, '') like '%BEFORE_POSTING%'
            as is_withdrawal_before_posting,
        row_number() over (
            partition by vacancy_key, step_code = 'S4_COHERENCE'
            order by decided_at desc, {{ step_no('step_code') }} desc, review_id desc
        ) as recency
    from reviews
),

per_posting as (
    select
        vacancy_key,
        count(*) as decisions,
        min(decided_date) as first_decided_date,
        count(*) filter (where is_after_posting and not is_withdrawal_before_posting) as signals_after_posting,
        count(*) filter (where is_withdrawal_before_posting) as withdrawals_before_posting,
        count(*) filter (where decision in ('RETURN', 'HOLD', 'UNREACHABLE')) as returns_or_holds,
        max(step_code) filter (where not is_after_posting and recency = 1) as last_step,
        max(decision) filter (where not is_after_posting and recency = 1) as last_decision,
        max(decided_date) filter (where not is_after_posting and recency = 1) as last_decided_date,
        max(decision) filter (where is_after_posting and recency = 1) as last_signal,
        max(decided_date) filter (where is_after_posting and recency = 1) as last_signal_date,
        min(decided_date) filter (where is_after_posting or {{ is_posting_decision('step_code', 'decision') }})
            as first_posting_sign_date
    from ordered
    group by vacancy_key
),

states as (
    select
        *,
        case
            when signals_after_posting > 0 then 'posted'
            when withdrawals_before_posting > 0 then 'withdrawn'
            else {{ state_after('last_step', 'last_decision') }}
        end as state
    from per_posting
)

select * from states
