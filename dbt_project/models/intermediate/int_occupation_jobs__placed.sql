{{ config(materialized='view') }}

-- Insured headline jobs with a known occupation and the province of the workplace.
with

-- of the provinces that a district was split between, the one that got most of it
sidos as (
    select
        region_code,
        current_sido_code
    from {{ ref('int_sidos__current') }}
    qualify row_number() over (partition by region_code order by weight desc, current_sido_code asc) = 1
),

places as (
    select
        dim_workplace.workplace_no,
        sidos.current_sido_code as sido_code
    from {{ ref('dim_workplace') }} as dim_workplace
    inner join sidos on dim_workplace.region_code = sidos.region_code
),

placed as (
    select
        jobs.spell_no,
        jobs.country,
        jobs.occupation_code,
        coalesce(places.sido_code, '_U') as sido_code,
        jobs.acquisition_date,
        jobs.weekly_hours,
        jobs.monthly_pay_krw
    from {{ ref('int_occupation_jobs') }} as jobs
    left join places on jobs.workplace_no = places.workplace_no
)

select * from placed
