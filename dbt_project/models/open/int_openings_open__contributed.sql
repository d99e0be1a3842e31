-- Openings of the vacancies that stand open at month end by province and employer: rows that add up to every cell.
-- Openings of unknown employers stand under one, so that they never count as several.
with

openings as (
    select
        months.time_period,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        coalesce(vacancies.business_no, '_U') as employer_key,
        vacancies.openings * coalesce(sidos.weight, 1) as openings
    from {{ ref('fct_vacancies') }} as vacancies
    inner join {{ ref('int_months__open') }} as months
        on
            vacancies.posted_from <= months.month_end_date
            and coalesce(vacancies.closed_on, cast('9999-12-31' as date)) > months.month_end_date
    left join {{ ref('int_sidos__current') }} as sidos on vacancies.region_code = sidos.region_code
    where vacancies.is_submission and vacancies.posting_state = 'posted' and months.is_labour_month
),

contributed as (
    select
        time_period,
        sido_code,
        employer_key,
        cast(sum(openings) as decimal(18, 4)) as openings_open
    from openings
    group by time_period, sido_code, employer_key
    having sum(openings) > 0
)

select * from contributed
