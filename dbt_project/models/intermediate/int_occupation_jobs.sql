{{ config(materialized='view') }}

-- Insured headline jobs with a known occupation, as coded in the register, with the province of the workplace. A view:
-- a join with the workplaces costs less than writing every job down again.
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

countries as (
    select
        source_id,
        country
    from {{ ref('dim_source') }}
),

jobs as (
    select
        spells.spell_no,
        spells.person_id,
        coalesce(countries.country, '_U') as country,
        spells.occupation_code,
        coalesce(places.sido_code, '_U') as sido_code,
        spells.acquisition_date,
        spells.loss_date,
        spells.loss_received_date,
        spells.weekly_hours,
        nullif(spells.monthly_pay_krw, 0) as monthly_pay_krw
    from {{ ref('fct_insured_spells') }} as spells
    left join places on spells.workplace_no = places.workplace_no
    left join countries on spells.source_id = countries.source_id
    where spells.is_headline and not spells.is_inverted and length(spells.occupation_code) >= 4
)

select * from jobs
