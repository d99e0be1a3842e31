-- Each day on which a vacancy came into a state, from the decisions of people and the signals of step 4.
with

-- a submission stands in the register from its first day, a posting seen at a portal from its posting
starts as (
    select
        vacancy_key,
        posting_id,
        is_submission,
        posting_state,
        registered_date,
        least(registered_date, coalesce(posted_from, registered_date)) as first_date,
        -- the register says of a submission whether it was posted
        case when posting_state = 'posted' or not is_submission then posted_from end as posted_from,
        closed_on,
        close_reason,
        inactive_from,
        inactive_signal
    from {{ ref('fct_vacancies') }}
),

decisions as (
    select
        starts.vacancy_key,
        greatest(reviews.decided_date, starts.first_date) as event_date,
        starts.posted_from,
        {{ state_after('reviews.step_code', 'reviews.decision') }} as state,
        reviews.step_code || ':' || reviews.decision as reason,
        row_number() over (
            partition by starts.vacancy_key, greatest(reviews.decided_date, starts.first_date)
            order by reviews.decided_at desc, reviews.step_no desc, reviews.review_key desc
        ) = 1 as is_last_of_day
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
        'pending' as state,
        'SUBMITTED' as reason
    from starts
    where is_submission
    union all
    select
        vacancy_key,
        event_date,
        2 as event_order,
        -- passed, but not in the portal yet
        case when state = 'posted' and posted_from is not null then 'pending' else state end as state,
        reason
    from decisions
    where is_last_of_day and (posted_from is null or event_date < posted_from)
    union all
    select
        starts.vacancy_key,
        withdrawals.withdrawn_on as event_date,
        3 as event_order,
        'withdrawn' as state,
        'BEFORE_POSTING' as reason
    from starts
    inner join withdrawals on starts.vacancy_key = withdrawals.vacancy_key
    union all
    select
        vacancy_key,
        greatest(posted_from, first_date) as event_date,
        4 as event_order,
        'posted' as state,
        'POSTED' as reason
    from starts
    where posted_from is not null
    union all
    select
        vacancy_key,
        ended_on as event_date,
        5 as event_order,
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
        vacancy_key,
        registered_date + 61 as event_date,
        6 as event_order,
        'expired_undecided' as state,
        'UNDECIDED_60_DAYS' as reason
    from starts
    where posting_state = 'expired_undecided'
)

select * from events
