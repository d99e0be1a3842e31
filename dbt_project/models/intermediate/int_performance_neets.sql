-- Registered seekers at the end of each quarter and, of them, those under thirty who were neither insured nor in
-- training that day (not in employment, education or training), by office, in the shape of int_performance_counts.
with

registered as (
    select
        seeker_reg_no,
        person_key,
        birth_year,
        coalesce(office_code, '_U') as organisation_code,
        cast(
            unnest(range(
                {{ quarter_of('reg_date') }},
                {{ quarter_of('coalesce(ended_on, ' ~ as_of() ~ ' + 1)') }},
                interval 3 month
            )) as date
        ) as quarter_date
    from {{ ref('fct_registration_spells') }}
),

young as (
    select
        seeker_reg_no,
        person_key,
        organisation_code,
        quarter_date,
        {{ quarter_of('quarter_date', 1) }} - 1 as last_date
    from registered
    where year(quarter_date) - birth_year < 30
),

occupied as (
    select
        young.seeker_reg_no,
        young.quarter_date
    from young
    inner join {{ ref('fct_insured_spells') }} as spells
        on young.person_key = spells.person_key and young.last_date >= spells.acquisition_date
    where
        spells.is_headline and not spells.is_inverted
        and coalesce(spells.loss_date > young.last_date, true)
    union
    select
        young.seeker_reg_no,
        young.quarter_date
    from young
    inner join {{ ref('fct_training_enrolments') }} as enrolments
        on young.person_key = enrolments.person_key and young.last_date >= enrolments.enrolled_date
    where coalesce(enrolments.ended_date >= young.last_date, true)
),

neets as (
    select
        young.organisation_code,
        young.quarter_date,
        count(*) as persons
    from young
    left join occupied on young.seeker_reg_no = occupied.seeker_reg_no and young.quarter_date = occupied.quarter_date
    where occupied.seeker_reg_no is null
    group by young.organisation_code, young.quarter_date
),

totals as (
    select
        organisation_code,
        quarter_date,
        count(*) as persons
    from registered
    group by organisation_code, quarter_date
)

select
    'neet_share' as indicator,
    totals.organisation_code,
    '_N' as programme_code,
    '_N' as client_group,
    totals.quarter_date,
    cast(coalesce(neets.persons, 0) as decimal(28, 4)) as numerator,
    cast(totals.persons as decimal(28, 4)) as denominator
from totals
left join neets on totals.organisation_code = neets.organisation_code and totals.quarter_date = neets.quarter_date
