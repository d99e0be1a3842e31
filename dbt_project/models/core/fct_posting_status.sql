-- Where each vacancy stood on each day: intervals without gap or overlap, from its submission or posting on. Derived
-- from the decisions of people and the signals of step 4; nothing is overwritten, and what a correction takes back
-- never was.
with

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
            row_number() over (partition by vacancy_key, event_date order by event_order desc) as recency
        from {{ ref('int_posting_states__dated') }}
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
