-- Everything that says that a posted vacancy is no longer what it seems: the eleven signals of step 4, one row per
-- vacancy and signal, dated on the first day on which the signal holds.
with

-- 4: as many referred seekers were hired as there were openings
filled as (
    select
        vacancy_key,
        'FILLED' as signal,
        greatest(referrals_filled_on, posted_from) as signal_date,
        false as is_provisional,
        {{ json_facts({'openings': 'openings', 'referred_hires': 'referred_hires'}) }} as evidence
    from {{ ref('int_vacancies__filled') }}
    where referrals_filled_on is not null
),

-- 5: as many insured hires as openings
filled_ei as (
    select
        vacancy_key,
        'FILLED_EI' as signal,
        filled_on as signal_date,
        is_provisional,
        {{ json_facts({'openings': 'openings', 'openings_filled': 'openings_filled'}) }} as evidence
    from {{ ref('int_vacancies__filled') }}
    where filled_on is not null
),

found as (
    select * from filled
    union all
    select * from filled_ei
    union all
    select * from {{ ref('int_vacancy_signals__ended') }}
    union all
    select * from {{ ref('int_vacancy_signals__employers') }}
    union all
    select * from {{ ref('int_vacancy_signals__doubted') }}
),

signals as (
    select
        found.vacancy_key,
        found.signal,
        kinds.signal_no,
        kinds.close_reason,
        kinds.strength,
        kinds.action,
        cast(found.signal_date as date) as signal_date,
        found.is_provisional,
        found.evidence
    from found
    inner join {{ ref('vacancy_signals') }} as kinds on found.signal = kinds.signal
    inner join {{ ref('int_vacancies__lifecycle') }} as postings on found.vacancy_key = postings.vacancy_key
    -- what comes after a posting was closed changes nothing
    where found.signal_date <= coalesce(postings.closed_on, {{ as_of() }})
)

select * from signals
