-- The employer of each vacancy: by the business number that was stated, or by the one that its name and district were
-- linked to (validation/linkage). A number with a wrong check digit names nobody.
with

stated as (
    select
        vacancy_key,
        {{ dbt.hash("employer_name || '|' || coalesce(region_code, '')") }} as mention,
        case when {{ business_no_is_valid('business_no') }} then business_no end as business_no
    from {{ ref('int_vacancies__lifecycle') }}
),

links as (
    select
        mention,
        business_no,
        match_probability
    from {{ source('landing', '_linked_employers') }}
),

identified as (
    select
        stated.vacancy_key,
        coalesce(stated.business_no, links.business_no) as employer_no,
        case when stated.business_no is null then links.match_probability end as employer_match_probability
    from stated
    left join links on stated.mention = links.mention
)

select * from identified
where employer_no is not null
