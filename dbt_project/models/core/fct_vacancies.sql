with

lives as (
    select * from {{ ref('int_vacancies__coded') }}
),

-- the last digits of longer codes of KECO are the providers' own
redirected as (
    select
        lives.vacancy_key,
        occupations.current_occupation_code
    from lives
    inner join {{ ref('int_occupations__main') }} as occupations
        on
            lives.occupation_scheme = occupations.occupation_scheme
            and left(lives.occupation_code, case when lives.occupation_scheme = 'KECO' then 4 else 99 end)
            = occupations.occupation_code
),

-- the first signal that closes; weaker ones only call for a look
signals as (
    select
        vacancy_key,
        signal,
        strength,
        signal_date,
        is_provisional,
        row_number() over (partition by vacancy_key order by signal_date, signal_no) as signal_rank
    from {{ ref('int_vacancy_signals__unioned') }}
    where action = 'CLOSE'
),

states as (
    select
        lives.*,
        coalesce(redirected.current_occupation_code, lives.occupation_code) as current_occupation_code,
        employers.employer_no,
        employers.employer_match_probability,
        signals.signal_date as inactive_from,
        signals.signal as inactive_signal,
        signals.strength as inactive_strength,
        coalesce(signals.is_provisional, false) as is_inactive_provisional,
        -- undecided for more than 60 days: nobody will decide it any more
        case
            when
                lives.review_state in ('returned_open', 'held_open', 'pending')
                and lives.registered_date + 60 < {{ as_of() }}
                then 'expired_undecided'
            else lives.review_state
        end as posting_state,
        coalesce(
            case
                when lives.occupation_scheme = 'KECO'
                    then left(coalesce(redirected.current_occupation_code, lives.occupation_code), 2)
            end, '_U'
        ) as occupation_group
    from lives
    left join {{ ref('int_vacancy_employers') }} as employers on lives.vacancy_key = employers.vacancy_key
    left join redirected on lives.vacancy_key = redirected.vacancy_key
    left join signals on lives.vacancy_key = signals.vacancy_key and signals.signal_rank = 1
)

select * from states
