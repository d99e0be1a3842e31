-- Employers by business number, from workplaces and vacancies. Numbers with a wrong check digit stay, flagged.
with

mentions as (
    select
        business_no,
        employer_name,
        established_date as mentioned_on,
        1 as trust
    from {{ ref('dim_workplace') }}
    where business_no is not null
    union all
    select
        business_no,
        employer_name,
        registered_date as mentioned_on,
        2 as trust
    from {{ ref('int_vacancies__lifecycle') }}
    where business_no is not null
),

ranked as (
    select
        *,
        row_number() over (
            partition by business_no
            order by trust asc, mentioned_on desc, employer_name asc
        ) as name_rank,
        count(*) filter (where trust = 1) over (partition by business_no) as workplaces,
        count(*) filter (where trust = 2) over (partition by business_no) as vacancies
    from mentions
),

answers as (
    {{ union_providers('business_status') }}
),

last_answers as (
    select
        business_no,
        max_by(status_code, checked_date) as status_code,
        max_by(closed_date, checked_date) as closed_date,
        max(checked_date) as checked_date
    from answers
    group by business_no
),

employers as (
    select
        ranked.business_no,
        ranked.employer_name,
        ranked.workplaces,
        ranked.vacancies,
        {{ business_no_is_valid('ranked.business_no') }} as is_valid_business_no,
        last_answers.status_code as business_status_code,
        last_answers.closed_date,
        last_answers.checked_date as status_checked_date
    from ranked
    left join last_answers on ranked.business_no = last_answers.business_no
    where ranked.name_rank = 1
)

select * from employers
