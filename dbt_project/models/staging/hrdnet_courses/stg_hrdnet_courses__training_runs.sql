{{ config(enabled=has_source('hrdnet_courses')) }}

-- Rates are numbers or letters (A to open, B running, C not held, D no completers): a letter is a state, never zero.
with

latest as (
    {{ latest_versions('hrdnet_courses', key=['trpr_id', 'trpr_degr']) }}
),

runs as (
    select
        *,
        trpr_id as course_id,
        trpr_degr as run_no,
        ncs_code as field_code,
        -- the first four digits of this provider's code are the occupation trained for
        left(ncs_code, 4) as occupation_code,
        certificate as licence_text,
        try_cast(employment_rate_3m_text as decimal(9, 4)) as employment_rate_3m,
        case when regexp_full_match(employment_rate_3m_text, '[A-D]') then employment_rate_3m_text end
            as employment_rate_3m_status,
        try_cast(employed_3m_text as bigint) as employed_3m,
        try_cast(employment_rate_6m_text as decimal(9, 4)) as employment_rate_6m,
        case when regexp_full_match(employment_rate_6m_text, '[A-D]') then employment_rate_6m_text end
            as employment_rate_6m_status,
        try_cast(employed_6m_text as bigint) as employed_6m,
        try_cast(uninsured_rate_6m_text as decimal(9, 4)) as uninsured_rate_6m
    from latest
)

select {{ conformed_columns('training_runs') }}
from runs
