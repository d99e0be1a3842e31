{{ config(materialized='view') }}

-- Insured headline jobs with a known occupation, as coded in the register. A view: filtering again costs less than
-- writing every job down again.
with

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
        spells.workplace_no,
        spells.occupation_code,
        spells.acquisition_date,
        spells.loss_date,
        spells.weekly_hours,
        nullif(spells.monthly_pay_krw, 0) as monthly_pay_krw
    from {{ ref('fct_insured_spells') }} as spells
    left join countries on spells.source_id = countries.source_id
    where spells.is_headline and not spells.is_inverted and length(spells.occupation_code) >= 4
)

select * from jobs
