with

spells as (
    select * from {{ ref('int_insured_spells__resolved') }}
    where not is_cancelled
),

-- integers group and join several times faster than tokens
persons as (
    select
        person_key,
        row_number() over (order by person_key) as person_id
    from (select distinct person_key from spells) as tokens
),

numbered as (
    select
        spells.spell_no,
        spells.person_key,
        persons.person_id,
        spells.birth_year,
        coalesce(spells.sex, '_U') as sex,
        spells.workplace_no,
        spells.acquisition_date,
        spells.loss_date,
        spells.first_received_date,
        spells.loss_received_date,
        spells.worker_type,
        spells.worker_type <> 'DAILY' as is_headline,
        spells.loss_reason_code,
        spells.occupation_code,
        spells.weekly_hours,
        spells.monthly_pay_krw,
        spells.nationality_group,
        spells.contract_end_ym,
        spells.is_acquisition_corrected,
        spells.is_inverted,
        spells.source_id
    from spells
    inner join persons on spells.person_key = persons.person_key
)

select * from numbered
