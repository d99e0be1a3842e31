-- One row per finding of a rule in a posting version, with the rule's label, legal basis and wording to the employer.
with

-- of each decision the findings of the load that brought it first
decisions as (
    select * from {{ ref('fct_posting_review') }}
    where is_machine
),

findings as (
    select * from {{ source('landing', '_vetting_findings') }}
    qualify
        dense_rank() over (
            partition by source_id, record_hash, rule_set, context
            order by delivery_date, load_id
        ) = 1
),

rules as (
    select * from {{ source('landing', '_vetting_rules') }}
),

results as (
    select
        decisions.review_key,
        decisions.vacancy_key,
        findings.source_id,
        findings.record_hash,
        findings.posting_id,
        findings.rule_set,
        findings.context,
        row_number() over (
            partition by decisions.review_key
            order by
                findings.rule_number, findings.code, findings.signal, findings.evidence_field, findings.span_start,
                findings.span_end, findings.outcome, findings.quote
        ) as finding_no,
        findings.rule_number,
        findings.rule_id,
        findings.rule_version,
        rules.label_ko,
        rules.label_en,
        rules.law_ko,
        rules.law_en,
        findings.code,
        findings.outcome,
        findings.severity,
        findings.signal,
        findings.evidence_field,
        findings.span_start,
        findings.span_end,
        findings.quote,
        findings.facts,
        {{ message_wording('rules.message_ko', 'findings.outcome', 'findings.quote', 'findings.facts') }} as message_ko,
        {{ message_wording('rules.message_en', 'findings.outcome', 'findings.quote', 'findings.facts') }} as message_en,
        {{ advice_wording('rules.advice_ko', 'findings.outcome', 'findings.quote', 'findings.facts') }} as advice_ko,
        {{ advice_wording('rules.advice_en', 'findings.outcome', 'findings.quote', 'findings.facts') }} as advice_en
    from findings
    inner join decisions
        on
            findings.source_id = decisions.source_id
            and findings.record_hash = decisions.record_hash
            and findings.posting_id = decisions.posting_id
            and findings.rule_set = decisions.rule_set
            and findings.context = decisions.context
    left join rules on findings.rule_set = rules.rule_set and findings.rule_number = rules.rule_number
)

select * from results
