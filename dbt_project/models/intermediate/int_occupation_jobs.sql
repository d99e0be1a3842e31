{{ config(materialized='view') }}

-- Insured headline jobs with a known occupation, in the code in force. A view: filtering again costs less than
-- writing every job down again.
with

countries as (
    select
        source_id,
        country
    from {{ ref('dim_source') }}
),

occupations as (
    select
        occupation_code,
        current_occupation_code
    from {{ ref('int_occupations__main') }}
    where occupation_scheme = 'KECO'
),

jobs as (
    select
        spells.spell_no,
        spells.person_id,
        coalesce(countries.country, '_U') as country,
        spells.workplace_no,
        coalesce(occupations.current_occupation_code, spells.occupation_code) as occupation_code,
        spells.acquisition_date,
        spells.loss_date,
        spells.weekly_hours,
        nullif(spells.monthly_pay_krw, 0) as monthly_pay_krw
    from {{ ref('fct_insured_spells') }} as spells
    left join occupations on spells.occupation_code = occupations.occupation_code
    left join countries on spells.source_id = countries.source_id
    where spells.is_headline and not spells.is_inverted and length(spells.occupation_code) >= 4
)

select * from jobs
