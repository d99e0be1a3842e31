-- One row per pair of vacancies that are alike and kind of likeness, the newer one first. Links delete nothing.
with

versions as (
    select * from {{ ref('int_posting_versions__vetted') }}
),

vacancies as (
    select
        source_id,
        posting_id,
        vacancy_key,
        min(submitted_date) as submitted_date
    from versions
    group by source_id, posting_id, vacancy_key
),

found as (
    select
        vacancies.vacancy_key,
        vacancies.submitted_date,
        twins.vacancy_key as twin_vacancy_key,
        twins.submitted_date as twin_submitted_date,
        links.kind,
        links.similarity,
        links.delivery_date,
        -- two portals see each other on the same day: the same job is one link, whoever saw it
        links.kind = 'SAME_JOB'
        and (vacancies.submitted_date, vacancies.vacancy_key) < (twins.submitted_date, twins.vacancy_key) as is_turned
    from {{ source('landing', '_vetting_links') }} as links
    inner join vacancies on links.source_id = vacancies.source_id and links.posting_id = vacancies.posting_id
    inner join vacancies as twins
        on links.twin_source_id = twins.source_id and links.twin_posting_id = twins.posting_id
    -- one vacancy as the office and as the list tell it is no pair
    where vacancies.vacancy_key <> twins.vacancy_key
),

directed as (
    select
        case when is_turned then twin_vacancy_key else vacancy_key end as vacancy_key,
        case when is_turned then vacancy_key else twin_vacancy_key end as twin_vacancy_key,
        case when is_turned then twin_submitted_date else submitted_date end as submitted_date,
        case when is_turned then submitted_date else twin_submitted_date end as twin_submitted_date,
        kind,
        similarity,
        delivery_date
    from found
),

linked as (
    select
        vacancy_key,
        twin_vacancy_key,
        kind,
        min(submitted_date) as submitted_date,
        min(twin_submitted_date) as twin_submitted_date,
        cast(max(similarity) as decimal(5, 4)) as similarity,
        min(delivery_date) as linked_date
    from directed
    group by vacancy_key, twin_vacancy_key, kind
)

select * from linked
