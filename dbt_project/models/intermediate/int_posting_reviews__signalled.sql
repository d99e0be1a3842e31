-- Step 4 as this warehouse runs it: one decision per signal, on the version that was in force on its day.
with

vacancies as (
    select
        vacancy_key,
        posting_id,
        coalesce(submission_source_id, posting_source_id) as own_source_id
    from {{ ref('int_vacancies__lifecycle') }}
),

signals as (
    select
        found.vacancy_key,
        found.signal,
        found.action,
        found.signal_date,
        vacancies.posting_id,
        vacancies.own_source_id
    from {{ ref('int_vacancy_signals__unioned') }} as found
    inner join vacancies on found.vacancy_key = vacancies.vacancy_key
),

-- the last version delivered by the day of the signal; for what was posted before our first delivery the first one
versions as (
    select
        signals.vacancy_key,
        signals.signal,
        coalesce(
            max_by(versions.record_hash, versions.version_no) filter (
                where versions.delivery_date <= signals.signal_date
            ),
            min_by(versions.record_hash, versions.version_no)
        ) as record_hash,
        coalesce(
            max(versions.version_no) filter (where versions.delivery_date <= signals.signal_date),
            min(versions.version_no)
        ) as version_no
    from signals
    inner join {{ ref('int_posting_versions__vetted') }} as versions
        on signals.vacancy_key = versions.vacancy_key and signals.own_source_id = versions.source_id
    group by signals.vacancy_key, signals.signal
),

signalled as (
    select
        'S:' || signals.vacancy_key || ':' || signals.signal as review_key,
        signals.vacancy_key,
        signals.posting_id,
        signals.own_source_id as source_id,
        signals.own_source_id as vacancy_source,
        versions.record_hash,
        versions.version_no,
        'S4_COHERENCE' as step_code,
        true as is_machine,
        cast(null as varchar) as reviewer_id,
        cast(null as varchar) as selection_code,
        cast(null as boolean) as is_double,
        signals.signal_date as decided_date,
        cast(null as timestamptz) as decided_at,
        case
            when signals.action = 'CALL_CENTRE' then 'HOLD'
            when signals.action = 'LABEL' then 'WARN'
            when signals.signal in ('FILLED', 'FILLED_EI') then 'FILLED'
            when signals.signal in ('EXPIRED', 'VALIDITY_LAPSED') then 'EXPIRED'
            when signals.signal = 'DISAPPEARED' then 'STALE'
            else signals.signal
        end as decision,
        [signals.signal] as reason_codes,
        signals.signal as primary_code,
        cast(null as varchar) as profile,
        cast(null as varchar) as rule_set,
        cast(null as varchar) as machine_decision,
        cast(null as varchar) as context,
        cast(null as double) as score,
        cast(null as varchar) as model,
        signals.signal_date as last_date,
        0 as preference
    from signals
    left join versions on signals.vacancy_key = versions.vacancy_key and signals.signal = versions.signal
)

select * from signalled
