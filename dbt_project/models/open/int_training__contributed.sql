-- Enrolments in training by the quarter in which they ended, whether with completion, and with an insured job within
-- six months, in quarters whose window has closed for everybody: rows that add up to every cell. A trainee counts once
-- a quarter as a person; the training provider is the employer of disclosure control.
with

courses as (
    select
        course_id,
        run_no,
        max(occupation_code) as occupation_code,
        max(coalesce(institution_code, institution_name)) as institution_key
    from {{ ref('fct_training_runs') }}
    group by course_id, run_no
),

ended as (
    select
        enrolment_no,
        person_key,
        course_id,
        run_no,
        birth_year,
        sex,
        ended_date,
        status as completion,
        {{ quarter_of('ended_date') }} as quarter_date
    from {{ ref('fct_training_enrolments') }}
    where
        status in ('COMPLETED', 'DROPPED')
        and {{ quarter_of('ended_date', 1) }} - 1 + 183 <= {{ observed_until() }}
),

quarters as (
    select distinct quarter_date from ended
    order by quarter_date desc
    limit {{ var('open_quarters') }}
),

placed as (
    select distinct ended.enrolment_no
    from ended
    inner join {{ ref('fct_insured_spells') }} as jobs
        on
            ended.person_key = jobs.person_key
            and ended.ended_date < jobs.acquisition_date
            and ended.ended_date + 183 >= jobs.acquisition_date
    where jobs.is_headline and not jobs.is_inverted
),

followed as (
    select
        ended.quarter_date,
        ended.completion,
        coalesce(left(coalesce(main.current_occupation_code, courses.occupation_code), 2), '_U') as occupation_code,
        coalesce(courses.institution_key, ended.course_id) as institution_key,
        coalesce(ended.sex, '_U') as sex,
        {{ age_group('extract(year from ended.ended_date) - ended.birth_year') }} as age_group,
        case when placed.enrolment_no is null then 'NOT_PLACED' else 'PLACED' end as outcome,
        row_number() over (
            partition by ended.quarter_date, ended.person_key
            order by ended.enrolment_no
        ) as enrolment_order
    from ended
    inner join quarters on ended.quarter_date = quarters.quarter_date
    left join courses on ended.course_id = courses.course_id and ended.run_no = courses.run_no
    left join {{ ref('int_occupations__main') }} as main
        on courses.occupation_code = main.occupation_code and main.occupation_scheme = 'KECO'
    left join placed on ended.enrolment_no = placed.enrolment_no
),

contributed as (
    select
        {{ time_period("'Q'", 'quarter_date') }} as time_period,
        occupation_code,
        sex,
        age_group,
        completion,
        outcome,
        institution_key,
        cast(count(*) as integer) as trainees,
        cast(count(*) filter (where enrolment_order = 1) as integer) as persons
    from followed
    group by quarter_date, occupation_code, sex, age_group, completion, outcome, institution_key
)

select * from contributed
