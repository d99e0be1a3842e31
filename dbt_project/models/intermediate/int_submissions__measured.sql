-- One row per submission with everything the verification marts count: its way through the steps, how long it waited,
-- and what became of its openings. Waiting is counted in working days: a submission carries a day, not an hour.
with

submissions as (
    select * from {{ ref('fct_vacancies') }}
    where is_submission
),

reviews as (
    select * from {{ ref('int_vacancy_reviews__states') }}
),

ways as (
    select
        vacancy_key,
        count(*) filter (where decision = 'RETURN') > 0 as is_returned,
        count(*) filter (where decision in ('HOLD', 'UNREACHABLE')) > 0 as is_held
    from {{ ref('fct_posting_review') }}
    where not is_machine and step_code <> 'S4_COHERENCE'
    group by vacancy_key
),

status_days as (
    select
        vacancy_key,
        min(valid_from) filter (where state = 'posted') as posted_on,
        min(valid_from) filter (where state = 'closed') as ended_on,
        min(valid_from) filter (where state = 'closed' and reason = 'TAKEN_DOWN') as taken_down_on,
        min(valid_from) filter (where state = 'rejected') as rejected_on,
        min(valid_from) filter (where state = 'duplicate') as duplicate_on,
        min(valid_from) filter (where state = 'withdrawn') as withdrawn_on,
        min(valid_from) filter (where state = 'returned_open') as returned_on,
        min(valid_from) filter (where state = 'held_open') as held_on
    from {{ ref('fct_posting_status') }}
    group by vacancy_key
),

fills as (
    select
        *,
        least(filled_on, referrals_filled_on) as first_filled_on
    from {{ ref('int_vacancies__filled') }}
),

working_days as (
    select
        calendar_date,
        sum(case when is_working_day then 1 else 0 end) over (
            order by calendar_date rows between unbounded preceding and current row
        ) as working_day_no
    from {{ ref('dim_calendar') }}
),

measured as (
    select
        submissions.vacancy_key,
        submissions.posting_id,
        submissions.registered_date,
        {{ month_of('submissions.registered_date') }} as month_date,
        coalesce(submissions.channel_code, '_U') as channel_code,
        coalesce(submissions.office_code, '_U') as office_code,
        submissions.submission_source_id as source_id,
        submissions.occupation_group,
        submissions.region_code,
        submissions.workplace_no,
        submissions.posting_state,
        submissions.posting_state = 'posted' and coalesce(reviews.returns_or_holds, 0) = 0 as is_first_pass,
        coalesce(ways.is_returned, false) as is_returned,
        coalesce(ways.is_held, false) as is_held,
        reviews.first_decided_date is not null as is_decided,
        -- an undecided one has waited until today, or until it was withdrawn
        cast(
            decided_days.working_day_no - submitted_days.working_day_no as bigint
        ) as waiting_days,
        status_days.posted_on,
        status_days.ended_on,
        status_days.taken_down_on,
        status_days.rejected_on,
        status_days.duplicate_on,
        status_days.withdrawn_on,
        status_days.returned_on,
        status_days.held_on,
        submissions.posted_from,
        submissions.closed_on,
        submissions.inactive_from,
        submissions.is_inactive_provisional,
        coalesce(fills.openings, 0) as openings_posted,
        coalesce(fills.openings_filled, 0) as openings_filled,
        coalesce(fills.is_provisional, false) as is_fill_provisional,
        fills.first_filled_on
    from submissions
    left join reviews on submissions.vacancy_key = reviews.vacancy_key
    left join ways on submissions.vacancy_key = ways.vacancy_key
    left join status_days on submissions.vacancy_key = status_days.vacancy_key
    left join fills on submissions.vacancy_key = fills.vacancy_key
    left join working_days as submitted_days on submissions.registered_date = submitted_days.calendar_date
    left join working_days as decided_days
        on
            greatest(
                coalesce(reviews.first_decided_date, status_days.withdrawn_on, {{ as_of() }}),
                submissions.registered_date
            ) = decided_days.calendar_date
)

select * from measured
