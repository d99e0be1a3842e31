-- Who completed a course and was insured in a job begun within 183 days after it, by course. The models have no such
-- mart from enrolments (mart_occupation_training publishes the provider's own rates); the way is theirs: a hash join on
-- the person and the minimum.
with

completers as (
    select
        course_id,
        person_id,
        ended_date
    from core.fct_training_enrolments
    where status = 'COMPLETED' and ended_date + 183 <= {observed_until}
),

first_jobs as (
    select
        completers.person_id,
        completers.ended_date,
        min(spells.acquisition_date) as acquisition_date
    from (select distinct person_id, ended_date from completers) as completers
    inner join core.fct_insured_spells as spells
        on
            completers.person_id = spells.person_id
            and completers.ended_date < spells.acquisition_date
            and completers.ended_date + 183 >= spells.acquisition_date
    where spells.is_headline and not spells.is_inverted
    group by completers.person_id, completers.ended_date
),

counted as (
    select
        completers.course_id,
        count(*) as completers,
        count(first_jobs.acquisition_date) as employed,
        cast(coalesce(sum(first_jobs.acquisition_date - completers.ended_date), 0) as bigint) as days_to_job
    from completers
    left join first_jobs
        on completers.person_id = first_jobs.person_id and completers.ended_date = first_jobs.ended_date
    group by completers.course_id
)

select * from counted
