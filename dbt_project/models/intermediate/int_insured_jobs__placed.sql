{{ config(materialized='view') }}

-- Headline spells (without daily workers) that cover at least one day, with province and section of the workplace.
-- A view: a join with the workplaces costs less than writing every job down again.
with

spells as (
    select
        spell_no,
        person_id,
        sex,
        birth_year,
        workplace_no,
        acquisition_date as from_date,
        coalesce(loss_date, cast('9999-12-31' as date)) as to_date
    from {{ ref('fct_insured_spells') }}
    where is_headline and not is_inverted
),

workplaces as (
    select
        dim_workplace.workplace_no,
        dim_workplace.industry_section,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        coalesce(sidos.weight, 1) as weight
    from {{ ref('dim_workplace') }} as dim_workplace
    left join {{ ref('int_sidos__current') }} as sidos on dim_workplace.region_code = sidos.region_code
),

placed as (
    select
        spells.spell_no,
        spells.person_id,
        spells.sex,
        spells.birth_year,
        spells.from_date,
        spells.to_date,
        coalesce(workplaces.sido_code, '_U') as sido_code,
        coalesce(workplaces.industry_section, '_U') as industry_section,
        cast(coalesce(workplaces.weight, 1) as decimal(18, 8)) as weight
    from spells
    left join workplaces on spells.workplace_no = workplaces.workplace_no
)

select * from placed
