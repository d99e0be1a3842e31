-- Insured headline jobs with a known occupation, as coded in the register, with the province of the workplace.
with

places as (
    select
        spell_no,
        sido_code
    from {{ ref('int_insured_jobs__placed') }}
    qualify row_number() over (partition by spell_no order by weight desc, sido_code asc) = 1
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
        places.sido_code,
        spells.acquisition_date,
        spells.loss_date,
        spells.loss_received_date,
        spells.weekly_hours,
        nullif(spells.monthly_pay_krw, 0) as monthly_pay_krw
    from {{ ref('fct_insured_spells') }} as spells
    inner join places on spells.spell_no = places.spell_no
    left join countries on spells.source_id = countries.source_id
    where length(spells.occupation_code) >= 4
)

select * from jobs
