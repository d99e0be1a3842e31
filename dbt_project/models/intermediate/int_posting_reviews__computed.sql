-- What our rules decided, one decision per version, rule set and outcome.
with

versions as (
    select * from {{ ref('int_posting_versions__vetted') }}
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
)

select * from computed
