-- Insured work and earnings of each exiter in the second and the fourth quarter after the quarter of exit. Earnings
-- are three months' pay in proportion to the insured days of the quarter.
with

exits as (
    select
        episode_no,
        person_id,
        {{ quarter_of('exit_date', 2) }} as q2_from,
        {{ quarter_of('exit_date', 3) }} as q2_to,
        {{ quarter_of('exit_date', 4) }} as q4_from,
        {{ quarter_of('exit_date', 5) }} as q4_to
    from {{ ref('int_episodes__described') }}
    where exit_date is not null
),

spells as (
    select
        insured.person_id,
        insured.acquisition_date as from_date,
        coalesce(insured.loss_date, date '9999-12-31') as to_date,
        coalesce(insured.monthly_pay_krw, 0) as monthly_pay_krw,
        coalesce(workplaces.business_no, insured.workplace_no) as employer_no
    from {{ ref('fct_insured_spells') }} as insured
    left join {{ ref('dim_workplace') }} as workplaces on insured.workplace_no = workplaces.workplace_no
    where insured.is_headline and not insured.is_inverted
),

worked as (
    select
        exits.episode_no,
        spells.employer_no,
        spells.monthly_pay_krw,
    {%- for q in ["q2", "q4"] %}
    greatest(
        least(spells.to_date, exits.{{ q }}_to) - greatest(spells.from_date, exits.{{ q }}_from), 0
    ) as {{ q }}_days,
    exits.{{ q }}_to - exits.{{ q }}_from as {{ q }}_length{{ "," if not loop.last }}
    {%- endfor %}
    from exits
    inner join spells
        on
            exits.person_id = spells.person_id
            and exits.q4_to > spells.from_date
            and exits.q2_from < spells.to_date
),

employers as (
    select
        episode_no,
        employer_no,
        bool_or(q2_days > 0) as is_employed_q2,
        bool_or(q4_days > 0) as is_employed_q4,
        sum(cast(round(3.0 * monthly_pay_krw * q2_days / q2_length) as bigint)) as earnings_q2_krw
    from worked
    group by episode_no, employer_no
),

measured as (
    select
        episode_no,
        bool_or(is_employed_q2) as is_employed_q2,
        bool_or(is_employed_q4) as is_employed_q4,
        bool_or(is_employed_q2 and is_employed_q4) as is_employer_retained,
        cast(sum(earnings_q2_krw) as bigint) as earnings_q2_krw
    from employers
    group by episode_no
)

select * from measured
