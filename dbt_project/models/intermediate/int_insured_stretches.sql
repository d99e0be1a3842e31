{{ config(materialized='view') }}

-- Time in which a person had any headline job: jobs that touch or overlap are one stretch; to_date is the first day
-- outside.
with

jobs as (
    select * from {{ ref('int_insured_jobs__placed') }}
),

stretches as (
    {{ merged_stretches('jobs', ['person_id', 'sex', 'birth_year']) }}
)

select * from stretches
