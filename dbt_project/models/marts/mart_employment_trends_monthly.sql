with

months as (
    select * from {{ ref('int_months__spine') }}
),

demand_and_supply as (
    select
        month_date,
        region_code,
        occupation_code,
        openings_new,
        openings_posted,
        cast(0 as decimal(18, 4)) as registrations_new,
        cast(0 as decimal(18, 4)) as placements
    from {{ ref('int_openings__monthly') }}
    union all
    select
        month_date,
        region_code,
        occupation_code,
        cast(0 as decimal(18, 4)) as openings_new,
        cast(0 as decimal(18, 4)) as openings_posted,
        registrations_new,
        placements
    from {{ ref('int_registrations__monthly') }}
),

labour_cells as (
    select distinct
        region_code,
        occupation_code
    from demand_and_supply
),

-- months without rows are zeros, not gaps
labour_filled as (
    select
        months.month_date,
        cells.region_code,
        cells.occupation_code,
        coalesce(sum(counted.openings_new), 0) as openings_new,
        coalesce(sum(counted.openings_posted), 0) as openings_posted,
        coalesce(sum(counted.registrations_new), 0) as registrations_new,
        coalesce(sum(counted.placements), 0) as placements
    from months
    cross join labour_cells as cells
    left join demand_and_supply as counted
        on
            months.month_date = counted.month_date
            and cells.region_code = counted.region_code
            and cells.occupation_code = counted.occupation_code
    where months.is_labour_month
    group by months.month_date, cells.region_code, cells.occupation_code
),

labour_cubed as (
    select
        month_date,
        case
            when grouping(region_code) = 0 and grouping(occupation_code) = 0 then 'region_occupation'
            when grouping(region_code) = 0 then 'region'
            when grouping(occupation_code) = 0 then 'occupation'
            else 'total'
        end as breakdown_type,
        coalesce(region_code, '_T') as region_code,
        coalesce(occupation_code, '_T') as occupation_code,
        sum(openings_new) as openings_new,
        sum(openings_posted) as openings_posted,
        sum(registrations_new) as registrations_new,
        sum(placements) as placements
    from labour_filled
    group by grouping sets (
        (month_date), (month_date, region_code), (month_date, occupation_code),
        (month_date, region_code, occupation_code)
    )
),

labour_indicators as (
    {% set labour = [] %}
    {% if has_entity('vacancies') %}
        {% do labour.append(['openings_new', 'openings_new', 'null', 'openings']) %}
    {% endif %}
    {% if has_entity('vacancies') and has_entity('vacancy_reviews') %}
        {% do labour.append(['openings_posted', 'openings_posted', 'null', 'openings']) %}
    {% endif %}
    {% if has_entity('registrations') %}
        {% do labour.append(['registrations_new', 'registrations_new', 'null', 'registrations']) %}
        {% do labour.append(['placements', 'placements', 'null', 'registrations']) %}
        {% do labour.append(['placement_rate', 'placements', 'registrations_new', 'ratio']) %}
    {% endif %}
    {% if has_entity('vacancies') and has_entity('registrations') %}
        {% do labour.append(['openings_per_seeker', 'openings_new', 'registrations_new', 'ratio']) %}
    {% endif %}
    {% for indicator, numerator, denominator, unit in labour %}
    select
        month_date,
        '{{ indicator }}' as indicator,
        breakdown_type,
        region_code,
        occupation_code,
        '_T' as industry_code,
        '_T' as sex,
        '_T' as age_group,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator,
        '{{ unit }}' as unit
    from labour_cubed
    {{ 'union all' if not loop.last }}
    {% else %}
    {{ no_indicator_rows() }}
    {% endfor %}
),

insured_cells as (
    select distinct
        breakdown_type,
        region_code,
        industry_code,
        sex,
        age_group
    from {{ ref('int_insured_events__monthly') }}
),

insured_events_filled as (
    select
        months.month_date,
        cells.breakdown_type,
        cells.region_code,
        cells.industry_code,
        cells.sex,
        cells.age_group,
        coalesce(events.acquisitions, 0) as acquisitions,
        coalesce(events.losses, 0) as losses
    from months
    cross join insured_cells as cells
    left join {{ ref('int_insured_events__monthly') }} as events
        on
            months.month_date = events.month_date
            and cells.breakdown_type = events.breakdown_type
            and cells.region_code = events.region_code
            and cells.industry_code = events.industry_code
            and cells.sex = events.sex
            and cells.age_group = events.age_group
    where months.is_insurance_month
),

insured_indicators as (
    {% for indicator, relation, unit in [
        ['acquisitions', 'insured_events_filled', 'events'],
        ['losses', 'insured_events_filled', 'events'],
        ['insured_stock', ref('int_insured_persons__monthly'), 'persons'],
        ['insured_entries', ref('int_insured_persons__monthly'), 'persons'],
        ['insured_exits', ref('int_insured_persons__monthly'), 'persons'],
    ] %}
    select
        month_date,
        '{{ indicator }}' as indicator,
        breakdown_type,
        region_code,
        '_T' as occupation_code,
        industry_code,
        sex,
        age_group,
        {{ indicator }} as numerator,
        cast(null as decimal(18, 4)) as denominator,
        '{{ unit }}' as unit
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

indicators as (
    select * from labour_indicators
    union all
    select * from insured_indicators
),

published as (
    select
        cast(indicators.month_date as date) as ref_period,
        cast(strftime(indicators.month_date, '%Y-%m') as varchar) as time_period,
        cast(indicators.indicator as varchar) as indicator,
        cast(indicators.breakdown_type as varchar) as breakdown_type,
        cast(indicators.region_code as varchar) as region_code,
        cast(indicators.occupation_code as varchar) as occupation_code,
        cast(indicators.industry_code as varchar) as industry_code,
        cast(indicators.sex as varchar) as sex,
        cast(indicators.age_group as varchar) as age_group,
        case
            when indicators.unit = 'ratio' then {{ ratio('indicators.numerator', 'indicators.denominator') }}
            else cast(indicators.numerator as decimal(28, 10))
        end as value,
        cast(indicators.numerator as decimal(18, 4)) as numerator,
        cast(indicators.denominator as decimal(18, 4)) as denominator,
        cast(indicators.unit as varchar) as unit,
        cast('NSA' as varchar) as adj,
        cast(months.status as varchar) as status,
        {{ as_of() }} as as_of,
        cast(
            case
                when indicators.unit in ('events', 'persons')
                    then 'Employment insurance without daily workers; self-employed, civil servants and private-school staff are not covered'
                else 'Public employment service only; vacancies and seekers elsewhere are not counted'
            end as varchar
        ) as coverage_note,
        cast(case when indicators.unit = 'ratio' then {{ null_reason('indicators.denominator') }} end as varchar)
            as null_reason
    from indicators
    inner join months on indicators.month_date = months.month_date
)

select * from published
