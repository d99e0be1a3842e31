-- One row per posted vacancy and signal of step 4, with what a person answered to it. What waits for a person here is
-- what the desk puts before one.
with

signals as (
    select * from {{ ref('int_vacancy_signals__unioned') }}
),

kinds as (
    select * from {{ ref('vacancy_signals') }}
),

vacancies as (
    select
        vacancy_key,
        posting_id,
        coalesce(submission_source_id, posting_source_id) as source_id,
        closed_on is null and inactive_from is null as is_open
    from {{ ref('fct_vacancies') }}
),

answers as (
    select
        vacancy_key,
        decided_date,
        decided_at,
        review_key,
        decision
    from {{ ref('fct_posting_review') }}
    where step_code = 'S4_COHERENCE' and reviewer_id is not null and decision <> 'UNREACHABLE'
),

-- the last word since the day of the signal
answered as (
    select
        signals.vacancy_key,
        signals.signal,
        max_by(answers.decision, (answers.decided_date, answers.decided_at, answers.review_key)) as answer,
        max(answers.decided_date) as answered_date
    from signals
    inner join answers on signals.vacancy_key = answers.vacancy_key and signals.signal_date <= answers.decided_date
    group by signals.vacancy_key, signals.signal
),

known as (
    select
        signals.vacancy_key,
        vacancies.posting_id,
        vacancies.source_id,
        signals.signal,
        kinds.label_ko,
        kinds.label_en,
        kinds.seen_from_ko,
        kinds.seen_from_en,
        signals.signal_date,
        signals.strength,
        signals.action,
        signals.is_provisional,
        signals.evidence,
        answered.answer,
        answered.answered_date,
        signals.action = 'CALL_CENTRE' and vacancies.is_open and answered.answer is null as is_waiting
    from signals
    inner join vacancies on signals.vacancy_key = vacancies.vacancy_key
    inner join kinds on signals.signal = kinds.signal
    left join answered on signals.vacancy_key = answered.vacancy_key and signals.signal = answered.signal
)

select * from known
