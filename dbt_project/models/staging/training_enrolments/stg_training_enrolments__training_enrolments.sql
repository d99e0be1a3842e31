{{ config(enabled=has_source('training_enrolments')) }}

with

latest as (
    {{ latest_versions(
        'training_enrolments',
        key=['enrolment_no'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
),

enrolments as (
    select
        *,
        trpr_id as course_id,
        trpr_degr as run_no
    from latest
)

select {{ conformed_columns('training_enrolments') }}
from enrolments
