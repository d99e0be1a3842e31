with

-- a reason code is the code of a case of a rule
rule_codes as (
    select
        unnest(codes) as code,
        rule_number,
        severity,
        label_ko,
        label_en
    from {{ source('landing', '_vetting_rules') }}
),

codes as (
    select
        code,
        min(rule_number) as rule_number,
        min_by(severity, rule_number) as severity,
        min_by(label_ko, rule_number) as label_ko,
        min_by(label_en, rule_number) as label_en
    from rule_codes
    group by code
)

select * from codes
