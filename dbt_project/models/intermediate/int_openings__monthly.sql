-- Openings of the public service by current province and occupation group: new ones by month of submission, posted or
-- not, and by how much the openings that stand open grew or shrank in a month.
with

submissions as (
    select
        vacancies.registered_date,
        case when vacancies.posting_state = 'posted' then vacancies.posted_from end as posted_from,
        vacancies.closed_on,
        vacancies.posting_state = 'posted' as is_posted,
        vacancies.occupation_group,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        coalesce(sidos.weight, 1) as weight,
        coalesce(vacancies.openings, 0) * coalesce(sidos.weight, 1) as openings
    from {{ ref('fct_vacancies') }} as vacancies
    left join {{ ref('int_sidos__current') }} as sidos on vacancies.region_code = sidos.region_code
    where vacancies.is_submission
),

counted as (
    select
        {{ month_of('registered_date') }} as month_date,
        region_code,
        occupation_group as occupation_code,
        openings as openings_new,
        case when is_posted then openings else 0 end as openings_posted,
        0 as openings_open_change,
        0 as postings_open_change
    from submissions
    union all
    select
        {{ month_of('posted_from') }} as month_date,
        region_code,
        occupation_group as occupation_code,
        0 as openings_new,
        0 as openings_posted,
        openings as openings_open_change,
        weight as postings_open_change
    from submissions
    where posted_from is not null
    union all
    select
        {{ month_of('greatest(closed_on, posted_from)') }} as month_date,
        region_code,
        occupation_group as occupation_code,
        0 as openings_new,
        0 as openings_posted,
        -openings as openings_open_change,
        -weight as postings_open_change
    from submissions
    where posted_from is not null and closed_on is not null
),

monthly as (
    select
        month_date,
        region_code,
        occupation_code,
        cast(sum(openings_new) as decimal(18, 4)) as openings_new,
        cast(sum(openings_posted) as decimal(18, 4)) as openings_posted,
        cast(sum(openings_open_change) as decimal(18, 4)) as openings_open_change,
        cast(sum(postings_open_change) as decimal(18, 4)) as postings_open_change
    from counted
    group by month_date, region_code, occupation_code
)

select * from monthly
