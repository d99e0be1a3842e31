-- Acquisitions and losses of insurance by month, every code their open tables show, and employer: rows that add up to
-- every cell. Events, not persons; the persons beside them count once a month and kind of event.
{% set measures = {'acquisitions': 'ACQUISITION', 'losses': 'LOSS'} %}
with

months as (
    select * from {{ ref('int_months__open') }}
    where is_insurance_month
),

spells as (
    select * from {{ ref('fct_insured_spells') }}
    where is_headline
),

moves as (
    select
        'ACQUISITION' as event,
        months.time_period,
        months.month_date,
        spells.*
    from spells
    inner join months on {{ month_of('spells.acquisition_date') }} = months.month_date
    union all
    select
        'LOSS' as event,
        months.time_period,
        months.month_date,
        spells.*
    from spells
    inner join months on {{ month_of('spells.loss_date') }} = months.month_date
),

numbered as (
    select
        moves.event,
        moves.time_period,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        coalesce(workplaces.industry_section, '_U') as industry_section,
        coalesce(moves.sex, '_U') as sex,
        {{ age_group('extract(year from moves.month_date) - moves.birth_year') }} as age_group,
        coalesce(workplaces.business_no, moves.workplace_no, '_U') as employer_key,
        coalesce(sidos.weight, 1) as weight,
        row_number() over (
            partition by moves.event, moves.time_period, moves.person_id
            order by moves.spell_no, sidos.current_sido_code
        ) as event_no
    from moves
    left join {{ ref('dim_workplace') }} as workplaces on moves.workplace_no = workplaces.workplace_no
    left join {{ ref('int_sidos__current') }} as sidos on workplaces.region_code = sidos.region_code
),

contributed as (
    select
        time_period,
        sido_code,
        industry_section,
        sex,
        age_group,
        {% for measure, event in measures.items() %}
        cast(coalesce(sum(weight) filter (where event = '{{ event }}'), 0) as decimal(18, 4)) as {{ measure }},
        cast(count(*) filter (where event = '{{ event }}' and event_no = 1) as integer) as {{ measure }}_persons,
        {% endfor %}
        employer_key
    from numbered
    group by time_period, sido_code, industry_section, sex, age_group, employer_key
)

select * from contributed
