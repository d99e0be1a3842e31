-- What people and providers decided, each on the version they had before them.
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
)

select * from given
