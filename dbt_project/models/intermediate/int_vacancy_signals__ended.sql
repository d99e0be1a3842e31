-- Signals 1, 2, 3 and 7 of step 4: what its own days and the lists say of a posting.
with

postings as (
    select * from {{ ref('int_vacancies__lifecycle') }}
    where posted_from is not null
),

-- 1: the stated day has passed
expired as (
    select
        vacancy_key,
        'EXPIRED' as signal,
        deadline + 1 as signal_date,
        false as is_provisional,
        {{ json_facts({'stated_close_date': 'stated_close_date'}) }} as evidence
    from postings
    where stated_close_date = deadline and deadline < {{ as_of() }}
),

-- 2: missing in three complete lists in a row
disappeared as (
    select
        vacancy_key,
        'DISAPPEARED' as signal,
        absent_from as signal_date,
        false as is_provisional,
        {{ json_facts({'last_seen_date': 'last_seen_date', 'absent_from': 'absent_from'}) }} as evidence
    from postings
    where absent_from is not null
),

-- 3: its detail is gone
withdrawn as (
    select
        postings.vacancy_key,
        'WITHDRAWN' as signal,
        gone.gone_from as signal_date,
        false as is_provisional,
        {{ json_facts({'first_gone_date': 'gone.first_gone_date', 'gone_from': 'gone.gone_from'}) }} as evidence
    from postings
    inner join {{ ref('int_posting_details__gone') }} as gone
        on postings.posting_source_id = gone.source_id and postings.posting_id = gone.posting_id
),

-- 7: two months without a stated day, or since the last change of a vacancy of the public service
validities as (
    select
        vacancy_key,
        posted_from,
        renewed_on,
        case
            when stated_close_date = deadline
                then {{ add_months('greatest(posted_from, coalesce(renewed_on, posted_from))', 2) }}
            else deadline
        end as valid_until,
        stated_close_date = deadline as has_stated_day,
        book = 'pes' as is_public_service,
        deadline
    from postings
),

validity_lapsed as (
    select
        vacancy_key,
        'VALIDITY_LAPSED' as signal,
        valid_until + 1 as signal_date,
        false as is_provisional,
        {{ json_facts({'posted_from': 'posted_from', 'renewed_on': 'renewed_on', 'valid_until': 'valid_until'}) }}
            as evidence
    from validities
    where
        valid_until < {{ as_of() }}
        and (not coalesce(has_stated_day, false) or (is_public_service and valid_until < deadline))
),

found as (
    select * from expired
    union all
    select * from disappeared
    union all
    select * from withdrawn
    union all
    select * from validity_lapsed
)

select * from found
