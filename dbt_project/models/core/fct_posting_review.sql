-- One row per posting version, step and decision: what people and providers decided, and what our rules decided.
with

versions as (
    select * from {{ ref('int_posting_versions__vetted') }}
),

-- the version a person had before them is the last one delivered before the decision came; for decisions older than
-- what we were delivered it is the first one
seen_versions as (
    select
        reviews.source_id,
        reviews.review_id,
        coalesce(
            max_by(versions.record_hash, versions.version_no) filter (
                where versions.delivery_date <= reviews.received_date
            ),
            min_by(versions.record_hash, versions.version_no)
        ) as record_hash,
        coalesce(
            max(versions.version_no) filter (where versions.delivery_date <= reviews.received_date),
            min(versions.version_no)
        ) as version_no
    from {{ ref('int_vacancy_reviews__unioned') }} as reviews
    inner join {{ ref('int_vacancies__lifecycle') }} as vacancies
        on vacancies.vacancy_key = 'pes:' || reviews.posting_id
    inner join versions
        on vacancies.vacancy_key = versions.vacancy_key and vacancies.submission_source_id = versions.source_id
    group by reviews.source_id, reviews.review_id
),

given as (
    select
        'R:' || reviews.source_id || ':' || reviews.review_id as review_key,
        'pes:' || reviews.posting_id as vacancy_key,
        reviews.posting_id,
        reviews.source_id,
        seen_versions.record_hash,
        seen_versions.version_no,
        reviews.step_code,
        false as is_machine,
        reviews.reviewer_id,
        reviews.decided_date,
        reviews.decided_at,
        reviews.decision,
        {{ json_texts('reviews.reason_codes') }} as reason_codes,
        cast(null as varchar) as primary_code,
        cast(null as varchar) as profile,
        cast(null as varchar) as rule_set,
        cast(null as varchar) as context,
        reviews.decided_date as last_date,
        0 as preference
    from {{ ref('int_vacancy_reviews__unioned') }} as reviews
    left join seen_versions
        on reviews.source_id = seen_versions.source_id and reviews.review_id = seen_versions.review_id
),

rules_in_force as (
    select distinct rule_set from {{ source('landing', '_vetting_rules') }}
),

-- a version that comes again every day is judged again in what is known by then; the same outcome is one decision
judgements as (
    select
        source_id,
        record_hash,
        posting_id,
        profile,
        rule_set,
        decision,
        primary_code,
        coalesce(reasons, []) as reason_codes,
        min(delivery_date) as decided_date,
        max(delivery_date) as last_date,
        min_by(context, (delivery_date, load_id)) as context
    from {{ source('landing', '_vetting_decisions') }}
    group by all
),

computed as (
    select
        'M:' || judgements.source_id || ':' || judgements.record_hash || ':' || judgements.rule_set || ':'
        || judgements.decision || ':' || array_to_string(judgements.reason_codes, '+') as review_key,
        versions.vacancy_key,
        judgements.posting_id,
        judgements.source_id,
        judgements.record_hash,
        versions.version_no,
        'S3_ALGORITHM' as step_code,
        true as is_machine,
        cast(null as varchar) as reviewer_id,
        judgements.decided_date,
        cast(null as timestamptz) as decided_at,
        judgements.decision,
        judgements.reason_codes,
        judgements.primary_code,
        judgements.profile,
        judgements.rule_set,
        judgements.context,
        judgements.last_date,
        case when rules_in_force.rule_set is not null then 1 else 0 end as preference
    from judgements
    inner join versions
        on
            judgements.source_id = versions.source_id
            and judgements.record_hash = versions.record_hash
            and judgements.posting_id = versions.posting_id
    left join rules_in_force on judgements.rule_set = rules_in_force.rule_set
),

-- step 4 as this warehouse runs it: one decision per signal
signalled as (
    select
        'S:' || signals.vacancy_key || ':' || signals.signal as review_key,
        signals.vacancy_key,
        vacancies.posting_id,
        coalesce(vacancies.submission_source_id, vacancies.posting_source_id) as source_id,
        cast(null as varchar) as record_hash,
        cast(null as bigint) as version_no,
        'S4_COHERENCE' as step_code,
        true as is_machine,
        cast(null as varchar) as reviewer_id,
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
        cast(null as varchar) as context,
        signals.signal_date as last_date,
        0 as preference
    from {{ ref('int_vacancy_signals__unioned') }} as signals
    inner join {{ ref('int_vacancies__lifecycle') }} as vacancies on signals.vacancy_key = vacancies.vacancy_key
),

decided as (
    select * from given
    union all
    select * from computed
    union all
    select * from signalled
),

reviews as (
    select
        * exclude (preference, last_date),
        {{ step_no('step_code') }} as step_no,
        -- earlier decisions of a step stay; this one is in force
        row_number() over (
            partition by vacancy_key, step_code, is_machine, case when is_machine then source_id end
            order by preference desc, last_date desc, version_no desc, decided_at desc, review_key desc
        ) = 1 as is_latest
    from decided
)

select * from reviews
