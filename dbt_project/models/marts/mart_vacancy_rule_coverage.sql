-- How often each rule could be asked at all: neither an undetermined nor an inapplicable rule counts as passed.
with

results as (
    select
        source_id,
        rule_number,
        outcome,
        reason,
        postings
    from {{ source('landing', '_vetting_coverage') }}
),

counted as (
    select
        source_id,
        rule_number,
        sum(postings) as judgements,
        {% for outcome in ["pass", "warn", "hold", "reject", "undetermined", "not_applicable"] %}
        coalesce(sum(postings) filter (where outcome = '{{ outcome }}'), 0) as {{ outcome }},
        {% endfor %}
        string_agg(distinct reason, ' ' order by reason) filter (
            where outcome in ('undetermined', 'not_applicable')
        ) as reasons
    from results
    group by source_id, rule_number
),

rules as (
    select
        rule_number,
        min(rule_id) as rule_id,
        min(label_ko) as label_ko,
        min(label_en) as label_en
    from {{ source('landing', '_vetting_rules') }}
    group by rule_number
)

select
    cast(counted.source_id as varchar) as source_id,
    cast(counted.rule_number as bigint) as rule_number,
    cast(rules.rule_id as varchar) as rule_id,
    cast(rules.label_ko as varchar) as label_ko,
    cast(rules.label_en as varchar) as label_en,
    cast(counted.judgements as bigint) as judgements,
    cast(counted.pass as bigint) as passed,
    cast(counted.warn as bigint) as warned,
    cast(counted.hold as bigint) as held,
    cast(counted.reject as bigint) as rejected,
    cast(counted.undetermined as bigint) as undetermined,
    cast(counted.not_applicable as bigint) as not_applicable,
    {{ ratio('counted.undetermined', 'counted.judgements') }} as undetermined_share,
    {{ ratio('counted.not_applicable', 'counted.judgements') }} as not_applicable_share,
    cast(counted.reasons as varchar) as reasons,
    {{ as_of() }} as as_of
from counted
left join rules on counted.rule_number = rules.rule_number
