-- One row per posting version, step and decision: what people and providers decided, and what our rules decided.
with

decided as (
    select * from {{ ref('int_posting_reviews__given') }}
    union all
    select * from {{ ref('int_posting_reviews__computed') }}
    union all
    select * from {{ ref('int_posting_reviews__signalled') }}
),

reviews as (
    select
        * exclude (preference, last_date),
        {{ step_no('step_code') }} as step_no,
        -- earlier decisions of a step stay; this one is in force
        row_number() over (
            partition by vacancy_key, step_code, is_machine, case when is_machine then source_id end
            order by preference desc, last_date desc, version_no desc, decided_at desc, review_key desc
        ) = 1 as is_latest
    from decided
)

select * from reviews
