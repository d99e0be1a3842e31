{{ config(materialized='view') }}

-- Insured headline jobs with a known occupation and the province of the workplace.
with

places as (
    select
        dim_workplace.workplace_no,
        sidos.current_sido_code as sido_code
    from {{ ref('dim_workplace') }} as dim_workplace
    inner join {{ ref('int_sidos__main') }} as sidos on dim_workplace.region_code = sidos.region_code
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
