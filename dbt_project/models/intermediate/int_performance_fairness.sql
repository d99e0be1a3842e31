-- Whom organisations serve. Creaming: placements predicted for those served over those predicted for as many of all who
-- registered as seekers in the period. Proportionality: clients of a group over those it would have at its share in the
-- eligible population of a reference source; never of the registrants themselves, and NULL where no source was loaded.
{% set factors = ["low_education", "disability", "ui_beneficiary"] %}
with

registrations as (
    select
        seeker_reg_no,
        {{ quarter_of('min(reg_date)') }} as quarter_date,
        cast(bool_or(education_code in ('01', '02', '03')) as integer) as low_education,
        cast(bool_or(has_disability) as integer) as disability,
        cast(bool_or(is_ui_beneficiary) as integer) as ui_beneficiary
    from {{ ref('fct_registration_spells') }}
    group by seeker_reg_no
),

eligible as (
    select
        periods.frequency,
        {{ period_of('registrations.quarter_date', 'periods.frequency', 'periods.shift_months') }} as ref_period,
    {%- for factor in factors %}
    cast(sum(coalesce(registrations.{{ factor }}, 0)) as double) / count(*) as {{ factor }}{{ "," if not loop.last }}
    {%- endfor %}
    from registrations
    inner join {{ ref('int_performance_periods') }} as periods on periods.indicator = 'creaming_ratio'
    group by
        periods.frequency,
        {{ period_of('registrations.quarter_date', 'periods.frequency', 'periods.shift_months') }}
),

served as (
    select * from {{ ref('int_performance_expected') }}
    where indicator = 'placement_rate_6m' and expected_rate is not null
),

predicted as (
    select
        nation.frequency,
        nation.ref_period,
        nation.value
        {% for factor in factors %}
        + coefficients.{{ factor }} * (eligible.{{ factor }} - nation.{{ factor }} / nation.denominator)
        {% endfor %} as rate
    from served as nation
    inner join eligible on nation.frequency = eligible.frequency and nation.ref_period = eligible.ref_period
    inner join {{ ref('int_performance_coefficients') }} as coefficients
        on nation.indicator = coefficients.indicator and year(nation.ref_period) = coefficients.year_no
    where nation.breakdown_type = 'total'
),

creaming as (
    select
        'creaming_ratio' as indicator,
        served.frequency,
        served.ref_period,
        served.breakdown_type,
        served.organisation_type,
        served.organisation_code,
        served.programme_code,
        served.client_group,
        'ratio' as kind,
        'ratio' as unit,
        served.expected_rate * served.denominator as numerator,
        predicted.rate * served.denominator as denominator,
        served.is_final
    from served
    inner join predicted on served.frequency = predicted.frequency and served.ref_period = predicted.ref_period
),

population as (
    select
        make_date(cast(period as integer), 1, 1) as ref_period,
        client_group,
        persons,
        sum(persons) over (partition by period) as persons_all
    from ({{ union_providers('eligible_populations') }}) as reference
),

clients as (
    select
        *,
        max(numerator) filter (where breakdown_type = 'total') over (partition by ref_period) as clients_all
    from {{ ref('int_performance_values') }}
    where indicator = 'episodes_started' and frequency = 'A' and breakdown_type in ('total', 'client_group')
),

proportionality as (
    select
        'proportionality' as indicator,
        clients.frequency,
        clients.ref_period,
        clients.breakdown_type,
        clients.organisation_type,
        clients.organisation_code,
        clients.programme_code,
        clients.client_group,
        'reference' as kind,
        'ratio' as unit,
        clients.numerator,
        cast(clients.clients_all * population.persons as double) / population.persons_all as denominator,
        clients.is_final
    from clients
    left join population
        on clients.ref_period = population.ref_period and clients.client_group = population.client_group
    where clients.breakdown_type = 'client_group'
),

compared as (
    select * from creaming
    union all
    select * from proportionality
)

select
    *,
    {{ ratio('numerator', 'denominator') }} as value
from compared
