-- Courses that train for an occupation, with what became of those who completed: ratios of sums over the runs whose
-- figure is out. Below ten completers nothing is said.
with

redirects as (
    select
        occupation_code,
        current_occupation_code
    from {{ ref('int_occupations__main') }}
    where occupation_scheme = 'KECO'
),

runs as (
    select
        told.source_id,
        coalesce(redirects.current_occupation_code, told.occupation_code) as occupation_code,
        told.course_id,
        told.run_no,
        told.title,
        told.institution_name,
        told.licence_text,
        told.fee_krw,
        told.start_date,
        told.trainees,
        told.completers,
        told.employed_3m,
        told.employed_6m,
        told.uninsured_rate_6m,
        told.satisfaction_score,
        told.employment_rate_3m is not null and told.employed_3m is not null as is_known_3m,
        told.employment_rate_6m is not null and told.employed_6m is not null as is_known_6m
    from {{ ref('fct_training_runs') }} as told
    left join redirects on told.occupation_code = redirects.occupation_code
    where told.occupation_code is not null and told.start_date <= {{ as_of() }}
),

courses as (
    select
        source_id,
        occupation_code,
        course_id,
        arg_max(title, run_no) as title,
        arg_max(institution_name, run_no) as institution_name,
        arg_max(licence_text, run_no) as licence_text,
        arg_max(fee_krw, run_no) as fee_krw,
        max(start_date) as last_start_date,
        count(*) as runs,
        sum(trainees) as trainees,
        sum(completers) as completers,
        sum(completers) filter (where is_known_3m) as completers_3m,
        sum(employed_3m) filter (where is_known_3m) as employed_3m,
        sum(completers) filter (where is_known_6m) as completers_6m,
        sum(employed_6m) filter (where is_known_6m) as employed_6m,
        -- the provider gives this rate without a count
        sum(uninsured_rate_6m * completers / 100) as uninsured_6m,
        sum(completers) filter (where uninsured_rate_6m is not null) as completers_uninsured_6m,
        sum(satisfaction_score * completers) as satisfaction_sum,
        sum(completers) filter (where satisfaction_score is not null) as satisfaction_n
    from runs
    group by source_id, occupation_code, course_id
)

select
    cast('KECO' as varchar) as occupation_scheme,
    cast(courses.occupation_code as varchar) as occupation_code,
    cast(occupations.name_ko as varchar) as occupation_name_ko,
    cast(occupations.name_en as varchar) as occupation_name_en,
    cast(courses.source_id as varchar) as source_id,
    cast(courses.course_id as varchar) as course_id,
    cast(courses.title as varchar) as title,
    cast(courses.institution_name as varchar) as institution_name,
    cast(courses.licence_text as varchar) as licence_text,
    cast(courses.fee_krw as bigint) as fee_krw,
    cast(courses.runs as bigint) as runs,
    cast(courses.last_start_date as date) as last_start_date,
    cast(courses.trainees as bigint) as trainees,
    cast(courses.completers as bigint) as completers,
    {%- for months in ["3m", "6m"] %}
    {%- set enough = "coalesce(courses.completers_" ~ months ~ ", 0) >= " ~ var('training_min_n') %}
    cast(coalesce(courses.completers_{{ months }}, 0) as bigint) as n_{{ months }},
    cast(case when {{ enough }} then courses.employed_{{ months }} end as bigint) as employed_{{ months }},
    {{ ratio("case when " ~ enough ~ " then courses.employed_" ~ months ~ " end", "courses.completers_" ~ months) }}
        as employment_rate_{{ months }},
    cast(case when not {{ enough }} then 'few_completers' end as varchar) as null_reason_{{ months }},
    {%- endfor %}
    cast(coalesce(courses.completers_uninsured_6m, 0) as bigint) as n_uninsured_6m,
    {{ ratio(
        "case when courses.completers_uninsured_6m >= " ~ var('training_min_n') ~ " then courses.uninsured_6m end",
        "courses.completers_uninsured_6m"
    ) }} as uninsured_rate_6m,
    {{ ratio(
        "case when courses.satisfaction_n >= " ~ var('training_min_n') ~ " then courses.satisfaction_sum end",
        "courses.satisfaction_n"
    ) }} as satisfaction_score,
    cast(coalesce(courses.satisfaction_n, 0) as bigint) as satisfaction_n,
    {{ quality('courses.completers_6m') }} as quality,
    {{ as_of() }} as as_of
from courses
left join {{ ref('dim_occupation') }} as occupations
    on
        courses.occupation_code = occupations.occupation_code
        and occupations.occupation_scheme = 'KECO'
        and occupations.is_current
