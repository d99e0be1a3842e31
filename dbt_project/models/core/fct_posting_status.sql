-- Where each vacancy stood on each day: intervals without gap or overlap, from its submission or posting on. Derived
-- from the decisions of people and the signals of step 4; nothing is overwritten, and what a correction takes back
-- never was.
with

vacancies as (
    select * from {{ ref('fct_vacancies') }}
),

-- a submission stands in the register from its first day, a posting seen at a portal from its posting
starts as (
    select
        vacancy_key,
        posting_id,
        is_submission,
        posting_state,
        least(registered_date, coalesce(posted_from, registered_date)) as first_date,
        -- the register says of a submission whether it was posted
        case when posting_state = 'posted' or not is_submission then posted_from end as posted_from,
        closed_on,
        close_reason,
        inactive_from,
        inactive_signal
    from vacancies
),

decisions as (
    select
        starts.vacancy_key,
        greatest(reviews.decided_date, starts.first_date) as event_date,
        reviews.decided_at,
        reviews.step_no,
        reviews.review_key,
        reviews.step_code,
        reviews.decision,
        starts.posted_from,
        {{ state_after('reviews.step_code', 'reviews.decision') }} as state,
        reviews.step_code || ':' || reviews.decision as reason
    from starts
    inner join {{ ref('fct_posting_review') }} as reviews on starts.vacancy_key = reviews.vacancy_key
    where not reviews.is_machine and reviews.step_code <> 'S4_COHERENCE' and starts.is_submission
),

take_downs as (
    select
        vacancy_key,
        min(event_date) as taken_down_on
    from decisions
    where posted_from is not null and state = 'rejected' and event_date >= posted_from
    group by vacancy_key
),

withdrawals as (
    select
        starts.vacancy_key,
        min(greatest(reviews.decided_date, starts.first_date)) as withdrawn_on
    from starts
    inner join {{ ref('fct_posting_review') }} as reviews on starts.vacancy_key = reviews.vacancy_key
    where
        starts.posting_state = 'withdrawn'
        and reviews.step_code = 'S4_COHERENCE'
        and reviews.decision = 'WITHDRAWN'
        and list_contains(reviews.reason_codes, 'BEFORE_POSTING')
    group by starts.vacancy_key
),

endings as (
    select
        starts.vacancy_key,
        starts.posted_from,
        take_downs.taken_down_on,
        least(take_downs.taken_down_on, starts.closed_on, starts.inactive_from) as ended_on,
        starts.closed_on,
        starts.close_reason,
        starts.inactive_from,
        starts.inactive_signal
    from starts
    left join take_downs on starts.vacancy_key = take_downs.vacancy_key
    where starts.posted_from is not null
),

events as (
    select
        vacancy_key,
        first_date as event_date,
        1 as event_order,
        cast(null as timestamptz) as decided_at,
        0 as step_no,
        '' as review_key,
        'pending' as state,
        'SUBMITTED' as reason
    from starts
    where is_submission
    union all
    select
        vacancy_key,
        event_date,
        2 as event_order,
        decided_at,
        step_no,
        review_key,
        -- passed, but not in the portal yet
        case when state = 'posted' and posted_from is not null then 'pending' else state end as state,
        reason
    from decisions
    where posted_from is null or event_date < posted_from
    union all
    select
        starts.vacancy_key,
        withdrawals.withdrawn_on as event_date,
        3 as event_order,
        null as decided_at,
        0 as step_no,
        '' as review_key,
        'withdrawn' as state,
        'BEFORE_POSTING' as reason
    from starts
    inner join withdrawals on starts.vacancy_key = withdrawals.vacancy_key
    union all
    select
        vacancy_key,
        greatest(posted_from, first_date) as event_date,
        4 as event_order,
        null as decided_at,
        0 as step_no,
        '' as review_key,
        'posted' as state,
        'POSTED' as reason
    from starts
    where posted_from is not null
    union all
    select
        vacancy_key,
        ended_on as event_date,
        5 as event_order,
        null as decided_at,
        0 as step_no,
        '' as review_key,
        'closed' as state,
        case
            when taken_down_on = ended_on then 'TAKEN_DOWN'
            when inactive_from = ended_on then inactive_signal
            else close_reason
        end as reason
    from endings
    where ended_on is not null
    union all
    select
        starts.vacancy_key,
        vacancies.registered_date + 61 as event_date,
        6 as event_order,
        null as decided_at,
        0 as step_no,
        '' as review_key,
        'expired_undecided' as state,
        'UNDECIDED_60_DAYS' as reason
    from starts
    inner join vacancies on starts.vacancy_key = vacancies.vacancy_key
    where starts.posting_state = 'expired_undecided'
),

-- the last event of a day tells how the day ended
day_ends as (
    select
        vacancy_key,
        event_date,
        state,
        reason,
        lag(state) over (partition by vacancy_key order by event_date) as state_before
    from (
        select
            *,
            row_number() over (
                partition by vacancy_key, event_date
                order by event_order desc, decided_at desc, step_no desc, review_key desc
            ) as recency
        from events
    ) as ranked
    where recency = 1
),

intervals as (
    select
        vacancy_key,
        row_number() over (partition by vacancy_key order by event_date) as interval_no,
        state,
        event_date as valid_from,
        -- first day on which it no longer held; NULL for what holds now
        lead(event_date) over (partition by vacancy_key order by event_date) as valid_to,
        reason
    from day_ends
    where state is distinct from state_before
)

select * from intervals
