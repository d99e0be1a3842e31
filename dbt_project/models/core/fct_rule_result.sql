-- One row per finding of a rule in a posting version, with the rule's label, legal basis and wording to the employer.
with

findings as (
    select * from {{ source('landing', '_vetting_findings') }}
),

rules as (
    select * from {{ source('landing', '_vetting_rules') }}
),

results as (
    select
        versions.vacancy_key,
        findings.source_id,
        findings.record_hash,
        findings.posting_id,
        findings.rule_set,
        findings.context,
        row_number() over (
            partition by findings.source_id, findings.record_hash, findings.rule_set, findings.context
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
        {{ filled_wording('rules.message_ko', 'findings.quote', 'findings.facts') }} as message_ko,
        {{ filled_wording('rules.message_en', 'findings.quote', 'findings.facts') }} as message_en,
        {{ filled_wording('rules.advice_ko', 'findings.quote', 'findings.facts') }} as advice_ko,
        {{ filled_wording('rules.advice_en', 'findings.quote', 'findings.facts') }} as advice_en
    from findings
    inner join {{ ref('int_posting_versions__vetted') }} as versions
        on findings.source_id = versions.source_id and findings.record_hash = versions.record_hash
    left join rules on findings.rule_set = rules.rule_set and findings.rule_number = rules.rule_number
)

select * from results
