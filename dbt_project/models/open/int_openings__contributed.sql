-- New openings of the public service by month, province, occupation group, section and employer: rows that add up to
-- every cell. Openings of unknown employers stand under one, so that they never count as several.
with

divisions as (
    select
        industry_code as division_code,
        section_code
    from {{ ref('dim_industry') }}
    where industry_scheme = 'KSIC' and industry_level = 2 and is_current
),

openings as (
    select
        months.time_period,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        coalesce(vacancies.occupation_group, '_U') as occupation_code,
        coalesce(divisions.section_code, '_U') as industry_section,
        coalesce(vacancies.business_no, '_U') as employer_key,
        vacancies.openings * coalesce(sidos.weight, 1) as openings
    from {{ ref('fct_vacancies') }} as vacancies
    inner join {{ ref('int_months__open') }} as months
        on {{ month_of('vacancies.registered_date') }} = months.month_date
    left join {{ ref('int_sidos__current') }} as sidos on vacancies.region_code = sidos.region_code
    left join divisions on left(vacancies.industry_code, 2) = divisions.division_code
    where vacancies.is_submission and months.is_labour_month
),

contributed as (
    select
        time_period,
        sido_code,
        occupation_code,
        industry_section,
        employer_key,
        cast(sum(openings) as decimal(18, 4)) as openings_new
    from openings
    group by time_period, sido_code, occupation_code, industry_section, employer_key
    having sum(openings) > 0
)

select * from contributed
