-- Persons insured at month end by every code their open tables show, and employer: rows that add up to every cell. A
-- person counts once, at the job that began first. Not the newest month, whose flows are revised once more.
with

newest as (
    select max(month_date) as month_date from {{ ref('int_months__open') }}
),

months as (
    select open_months.*
    from {{ ref('int_months__open') }} as open_months
    inner join newest on open_months.month_date < newest.month_date
    where open_months.is_insurance_month
),

jobs as (
    select
        months.time_period,
        spells.person_id,
        spells.workplace_no,
        spells.sex,
        extract(year from months.month_date) - spells.birth_year as age,
        row_number() over (
            partition by months.time_period, spells.person_id
            order by spells.acquisition_date, spells.spell_no
        ) as job_no
    from {{ ref('fct_insured_spells') }} as spells
    inner join months
        on
            spells.acquisition_date <= months.month_end_date
            and coalesce(spells.loss_date, cast('9999-12-31' as date)) > months.month_end_date
    where spells.is_headline and not spells.is_inverted
),

placed as (
    select
        jobs.time_period,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        coalesce(workplaces.industry_section, '_U') as industry_section,
        coalesce(jobs.sex, '_U') as sex,
        {{ age_group('jobs.age') }} as age_group,
        coalesce(workplaces.business_no, jobs.workplace_no, '_U') as employer_key,
        coalesce(sidos.weight, 1) as weight
    from jobs
    left join {{ ref('dim_workplace') }} as workplaces on jobs.workplace_no = workplaces.workplace_no
    left join {{ ref('int_sidos__current') }} as sidos on workplaces.region_code = sidos.region_code
    where jobs.job_no = 1
),

contributed as (
    select
        time_period,
        sido_code,
        industry_section,
        sex,
        age_group,
        employer_key,
        cast(sum(weight) as decimal(18, 4)) as insured_stock,
        cast(count(*) as integer) as persons
    from placed
    group by time_period, sido_code, industry_section, sex, age_group, employer_key
)

select * from contributed
