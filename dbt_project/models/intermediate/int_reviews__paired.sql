-- Vacancies that two people judged without knowing of each other: the first answers of the first two on one version.
with

answers as (
    select
        vacancy_key,
        record_hash,
        reviewer_id,
        min_by(decision, (decided_date, decided_at, review_key)) = 'CONFIRMED_BAD' as is_bad,
        min((decided_date, decided_at, review_key)) as answered
    from {{ ref('fct_posting_review') }}
    where
        step_code = 'S2_CALLCENTER'
        and reviewer_id is not null
        and decision in ('CONFIRMED_OK', 'CORRECTED', 'CONFIRMED_BAD')
        -- who takes a case up again knows what was decided; a provider that does not say drew its own pairs
        and coalesce(is_double, true)
        and coalesce(selection_code, '') <> 'REOPENED'
    group by vacancy_key, record_hash, reviewer_id
),

numbered as (
    select
        *,
        row_number() over (partition by vacancy_key, record_hash order by answered) as answer_no
    from answers
),

pairs as (
    select
        vacancy_key,
        bool_or(is_bad) filter (where answer_no = 1) as is_first_bad,
        bool_or(is_bad) filter (where answer_no = 2) as is_second_bad,
        min(answered) as answered
    from numbered
    group by vacancy_key, record_hash
    having count(*) >= 2
),

first_pairs as (
    select
        vacancy_key,
        is_first_bad,
        is_second_bad
    from pairs
    qualify row_number() over (partition by vacancy_key order by answered) = 1
)

select * from first_pairs
