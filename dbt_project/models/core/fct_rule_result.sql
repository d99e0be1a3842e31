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

worded as (
    select
        findings.*,
        rules.label_ko,
        rules.label_en,
        {% for lang in ["ko", "en"] %}
        rules.laws_{{ lang }},
        -- a case words its own findings: by its signal, else by its code
        coalesce(
            json_extract_string(
                rules.case_messages_{{ lang }}, '$."' || findings.code || ':' || findings.signal || '"'
            ),
            json_extract_string(rules.case_messages_{{ lang }}, '$.' || findings.code),
            rules.message_{{ lang }}
        ) as message_{{ lang }},
        {% endfor %}
        rules.advice_ko,
        rules.advice_en
    from findings
    left join rules on findings.rule_set = rules.rule_set and findings.rule_number = rules.rule_number
),

results as (
    select
        decisions.review_key,
        decisions.vacancy_key,
        worded.source_id,
        worded.record_hash,
        worded.posting_id,
        worded.rule_set,
        worded.context,
        row_number() over (
            partition by decisions.review_key
            order by
                worded.rule_number, worded.code, worded.signal, worded.evidence_field, worded.span_start,
                worded.span_end, worded.outcome, worded.quote
        ) as finding_no,
        worded.rule_number,
        worded.rule_id,
        worded.rule_version,
        worded.label_ko,
        worded.label_en,
        -- the law that holds in the profile for what is as grave
        {% for lang in ["ko", "en"] %}
        json_extract_string(worded.laws_{{ lang }}, '$.' || decisions.profile || '.' || worded.severity)
            as law_{{ lang }},
        {% endfor %}
        worded.code,
        worded.outcome,
        worded.severity,
        worded.signal,
        worded.evidence_field,
        worded.span_start,
        worded.span_end,
        worded.quote,
        worded.facts,
        {{ message_wording('worded.message_ko', 'worded.outcome', 'worded.quote', 'worded.facts') }} as message_ko,
        {{ message_wording('worded.message_en', 'worded.outcome', 'worded.quote', 'worded.facts') }} as message_en,
        {{ advice_wording('worded.advice_ko', 'worded.outcome', 'decisions.profile', 'worded.quote', 'worded.facts') }}
            as advice_ko,
        {{ advice_wording('worded.advice_en', 'worded.outcome', 'decisions.profile', 'worded.quote', 'worded.facts') }}
            as advice_en
    from worded
    inner join decisions
        on
            worded.source_id = decisions.source_id
            and worded.record_hash = decisions.record_hash
            and worded.posting_id = decisions.posting_id
            and worded.rule_set = decisions.rule_set
            and worded.context = decisions.context
)

select * from results
