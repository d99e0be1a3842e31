-- Registrations that are valid at month end by province, with the persons they come from: rows that add up to every
-- cell. A person counts once a month, at the first registration.
with

registrations as (
    select
        months.time_period,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        coalesce(sidos.weight, 1) as weight,
        row_number() over (
            partition by months.time_period, spells.person_key
            order by spells.seeker_reg_no, sidos.current_sido_code
        ) as paper_no
    from {{ ref('fct_registration_spells') }} as spells
    inner join {{ ref('int_months__open') }} as months
        on
            spells.reg_date <= months.month_end_date
            and coalesce(spells.ended_on, cast('9999-12-31' as date)) > months.month_end_date
    left join {{ ref('int_sidos__current') }} as sidos on spells.region_code = sidos.region_code
    where months.is_labour_month
),

contributed as (
    select
        time_period,
        sido_code,
        cast(sum(weight) as decimal(18, 4)) as registrations_open,
        cast(count(*) filter (where paper_no = 1) as integer) as persons
    from registrations
    group by time_period, sido_code
)

select * from contributed
