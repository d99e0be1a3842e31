-- One row per posting version, step and decision: what people and providers decided, and what our rules decided.
with

versions as (
    select * from {{ ref('int_posting_versions__vetted') }}
),

-- the version a person had before them is the last one delivered before the decision came
seen_versions as (
    select
        reviews.source_id,
        reviews.review_id,
        max_by(versions.record_hash, versions.version_no) as record_hash,
        max(versions.version_no) as version_no
    from {{ ref('int_vacancy_reviews__unioned') }} as reviews
    inner join versions
        on versions.vacancy_key = 'pes:' || reviews.posting_id and versions.delivery_date <= reviews.received_date
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
        0 as preference
    from {{ ref('int_vacancy_reviews__unioned') }} as reviews
    left join seen_versions
        on reviews.source_id = seen_versions.source_id and reviews.review_id = seen_versions.review_id
),

rules_in_force as (
    select distinct rule_set from {{ source('landing', '_vetting_rules') }}
),

computed as (
    select
        'M:' || decisions.source_id || ':' || decisions.record_hash || ':' || decisions.rule_set || ':'
        || decisions.context as review_key,
        versions.vacancy_key,
        decisions.posting_id,
        decisions.source_id,
        decisions.record_hash,
        versions.version_no,
        'S3_ALGORITHM' as step_code,
        true as is_machine,
        cast(null as varchar) as reviewer_id,
        versions.delivery_date as decided_date,
        cast(null as timestamptz) as decided_at,
        decisions.decision,
        coalesce(decisions.reasons, []) as reason_codes,
        decisions.primary_code,
        decisions.profile,
        decisions.rule_set,
        decisions.context,
        case when rules_in_force.rule_set is not null then 1 else 0 end as preference
    from {{ source('landing', '_vetting_decisions') }} as decisions
    inner join versions
        on decisions.source_id = versions.source_id and decisions.record_hash = versions.record_hash
    left join rules_in_force on decisions.rule_set = rules_in_force.rule_set
),

decided as (
    select * from given
    union all
    select * from computed
),

reviews as (
    select
        * exclude (preference),
        {{ step_no('step_code') }} as step_no,
        row_number() over (
            partition by vacancy_key, step_code, is_machine
            order by decided_date, version_no, preference, decided_at, review_key
        ) as decision_no,
        -- earlier decisions of a step stay; this one is in force
        row_number() over (
            partition by vacancy_key, step_code, is_machine
            order by decided_date desc, version_no desc, preference desc, decided_at desc, review_key desc
        ) = 1 as is_latest
    from decided
)

select * from reviews
