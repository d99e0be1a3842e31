-- Headline spells (without daily workers) that cover at least one day, with province and section of the workplace.
-- A job is apart when no other job of its holder touches or overlaps it. Most are, and only the others need merging
-- into stretches: one sorting of all jobs here instead of two for each breakdown that counts persons.
with

neighbours as (
    select
        person_id,
        sex,
        birth_year,
        workplace_no,
        acquisition_date as from_date,
        coalesce(loss_date, cast('9999-12-31' as date)) as to_date,
        max(coalesce(loss_date, cast('9999-12-31' as date))) over (
            partition by person_id
            order by acquisition_date
            rows between unbounded preceding and 1 preceding
        ) as reached_before,
        lead(acquisition_date) over (partition by person_id order by acquisition_date) as next_from_date
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
        neighbours.person_id,
        neighbours.sex,
        neighbours.birth_year,
        neighbours.from_date,
        neighbours.to_date,
        coalesce(workplaces.sido_code, '_U') as sido_code,
        coalesce(workplaces.industry_section, '_U') as industry_section,
        cast(coalesce(workplaces.weight, 1) as decimal(18, 8)) as weight,
        coalesce(neighbours.from_date > neighbours.reached_before, true)
        and coalesce(neighbours.to_date < neighbours.next_from_date, true) as is_apart
    from neighbours
    left join workplaces on neighbours.workplace_no = workplaces.workplace_no
)

select * from placed
