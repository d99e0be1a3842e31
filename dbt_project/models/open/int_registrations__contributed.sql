-- New registrations by month and every code their open tables show, with the persons they come from: rows that add up
-- to every cell. A person counts once a month, at the first registration, so that cells rest on persons, not papers.
with

registrations as (
    select
        months.time_period,
        spells.seeker_reg_no,
        spells.person_key,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        coalesce(spells.occupation_group, '_U') as occupation_code,
        coalesce(spells.sex, '_U') as sex,
        {{ age_group('extract(year from spells.reg_date) - spells.birth_year') }} as age_group,
        coalesce(sidos.weight, 1) as weight
    from {{ ref('fct_registration_spells') }} as spells
    inner join {{ ref('int_months__open') }} as months on {{ month_of('spells.reg_date') }} = months.month_date
    left join {{ ref('int_sidos__current') }} as sidos on spells.region_code = sidos.region_code
    where months.is_labour_month
),

numbered as (
    select
        *,
        row_number() over (
            partition by time_period, person_key
            order by seeker_reg_no, sido_code
        ) as paper_no
    from registrations
),

contributed as (
    select
        time_period,
        sido_code,
        occupation_code,
        sex,
        age_group,
        cast(sum(weight) as decimal(18, 4)) as registrations_new,
        cast(count(*) filter (where paper_no = 1) as integer) as persons
    from numbered
    group by time_period, sido_code, occupation_code, sex, age_group
)

select * from contributed
