-- One row per posting version, step and decision: what people and providers decided, and what our rules decided.
with

versions as (
    select * from {{ ref('int_posting_versions__vetted') }}
),

vacancies as (
    select
        *,
        coalesce(submission_source_id, posting_source_id) as own_source_id
    from {{ ref('int_vacancies__lifecycle') }}
),

provided as (
    select reviews.* replace (coalesce(reviews.vacancy_source, vacancies.own_source_id) as vacancy_source)
    from {{ ref('int_vacancy_reviews__unioned') }} as reviews
    left join vacancies on reviews.vacancy_key = vacancies.vacancy_key
),

-- the desk names the version; elsewhere the one a person had before them is the last one delivered before the decision
-- came, and for decisions older than what we were delivered the first one
seen_versions as (
    select
        provided.source_id,
        provided.review_id,
        coalesce(
            max_by(versions.record_hash, versions.version_no) filter (
                where versions.delivery_date <= provided.received_date
            ),
            min_by(versions.record_hash, versions.version_no)
        ) as record_hash
    from provided
    inner join versions
        on provided.vacancy_key = versions.vacancy_key and provided.vacancy_source = versions.source_id
    where provided.record_hash is null
    group by provided.source_id, provided.review_id
),

placed as (
    select provided.* replace (coalesce(provided.record_hash, seen_versions.record_hash) as record_hash)
    from provided
    left join seen_versions
        on provided.source_id = seen_versions.source_id and provided.review_id = seen_versions.review_id
),

given as (
    select
        'R:' || placed.source_id || ':' || placed.review_id as review_key,
        placed.vacancy_key,
        placed.posting_id,
        placed.source_id,
        placed.vacancy_source,
        placed.record_hash,
        versions.version_no,
        placed.step_code,
        false as is_machine,
        placed.reviewer_id,
        placed.selection_code,
        placed.is_double,
        placed.decided_date,
        placed.decided_at,
        placed.decision,
        {{ json_texts('placed.reason_codes') }} as reason_codes,
        cast(null as varchar) as primary_code,
        cast(null as varchar) as profile,
        placed.rule_set,
        placed.machine_decision,
        cast(null as varchar) as context,
        cast(null as double) as score,
        cast(null as varchar) as model,
        placed.decided_date as last_date,
        0 as preference
    from placed
    left join versions
        on
            placed.vacancy_source = versions.source_id
            and placed.posting_id = versions.posting_id
            and placed.record_hash = versions.record_hash
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
        min_by(context, (delivery_date, load_id)) as context,
        -- the first model that scored it; NULL while none had been trained
        min_by(score, (delivery_date, load_id)) filter (where model is not null) as score,
        min_by(model, (delivery_date, load_id)) filter (where model is not null) as model
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
        judgements.source_id as vacancy_source,
        judgements.record_hash,
        versions.version_no,
        'S3_ALGORITHM' as step_code,
        true as is_machine,
        cast(null as varchar) as reviewer_id,
        cast(null as varchar) as selection_code,
        cast(null as boolean) as is_double,
        judgements.decided_date,
        cast(null as timestamptz) as decided_at,
        judgements.decision,
        judgements.reason_codes,
        judgements.primary_code,
        judgements.profile,
        judgements.rule_set,
        cast(null as varchar) as machine_decision,
        judgements.context,
        judgements.score,
        judgements.model,
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

decided as (
    select * from given
    union all
    select * from computed
    union all
    select * from {{ ref('int_posting_reviews__signalled') }}
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
