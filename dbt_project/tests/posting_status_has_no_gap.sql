{{ config(severity='error', meta={'mart': 'mart_vacancy_verification', 'kind': 'integrity'}) }}
-- Intervals of a vacancy follow each other without gap or overlap, from its first day on; exactly the last one is open,
-- and it says what the register says.
with

intervals as (
    select
        *,
        lead(valid_from) over (partition by vacancy_key order by valid_from) as next_from,
        lead(state) over (partition by vacancy_key order by valid_from) as next_state
    from {{ ref('fct_posting_status') }}
),

broken as (
    select
        vacancy_key,
        'gap, overlap or repetition' as problem
    from intervals
    where valid_to is distinct from next_from or valid_to <= valid_from or state = next_state
),

last_states as (
    select
        vacancies.vacancy_key,
        'last state differs from the register' as problem
    from {{ ref('fct_vacancies') }} as vacancies
    left join intervals on vacancies.vacancy_key = intervals.vacancy_key and intervals.valid_to is null
    where
        (vacancies.is_submission or vacancies.posted_from is not null)
        and case when intervals.state = 'closed' then 'posted' else intervals.state end
        is distinct from coalesce(vacancies.posting_state, 'posted')
),

problems as (
    select * from broken
    union all
    select * from last_states
)

select * from problems
