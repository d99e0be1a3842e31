{{ config(materialized='view') }}

-- Persons entering insurance and leaving it in a month, once per person however many jobs, by sex, age band, province
-- and section, and how the stock changes by that. A birthday changes the stock of two age bands without a flow.
with

-- each stretch is read once, for its entry and its exit
sides (is_entry) as (
    values (true), (false)
),

-- few rows from here on; the year of an exit is that of the last day in insurance
person_flows as (
    select
        stretches.sex,
        stretches.birth_year,
        sides.is_entry,
        {{ month_of('case when sides.is_entry then stretches.from_date else stretches.to_date end') }} as month_date,
        extract(
            year from case when sides.is_entry then stretches.from_date else stretches.to_date - 1 end
        ) as flow_year,
        count(*) as persons
    from {{ ref('int_insured_stretches') }} as stretches
    cross join sides
    where sides.is_entry or stretches.to_date < cast('9999-12-31' as date)
    group by stretches.sex, stretches.birth_year, sides.is_entry, month_date, flow_year
),

flows as (
    select
        'sex' as breakdown_type,
        sex as code,
        month_date,
        is_entry,
        persons
    from person_flows
    union all
    select
        'age_group' as breakdown_type,
        {{ age_group('flow_year - birth_year') }} as code,
        month_date,
        is_entry,
        persons
    from person_flows
    {% for breakdown, code, persons in [
        ('region', 'sido_code', 'sum(stretches.weight)'), ('industry', 'industry_section', 'count(*)')
    ] %}
    union all
    select
        '{{ breakdown }}' as breakdown_type,
        stretches.{{ code }} as code,
        {{ month_of('case when sides.is_entry then stretches.from_date else stretches.to_date end') }} as month_date,
        sides.is_entry,
        {{ persons }} as persons
    from ({{ merged_stretches(ref('int_insured_jobs__placed'), ['person_id', code]) }}) as stretches
    cross join sides
    where sides.is_entry or stretches.to_date < cast('9999-12-31' as date)
    group by code, month_date, sides.is_entry
    {% endfor %}
),

-- who is insured when the year of a birthday begins that begins an age band
birthdays as (
    select
        {{ age_group('bands.age - 1') }} as age_group_before,
        {{ age_group('bands.age') }} as age_group,
        make_date(cast(person_flows.birth_year + bands.age as integer), 1, 1) as month_date,
        sum(case when person_flows.is_entry then person_flows.persons else -person_flows.persons end) as persons
    from person_flows
    inner join (values (30), (40), (50), (60)) as bands (age)
        on person_flows.flow_year < person_flows.birth_year + bands.age
    where person_flows.birth_year + bands.age <= extract(year from {{ as_of() }})
    group by person_flows.birth_year, bands.age
),

changes as (
    select
        breakdown_type,
        code,
        month_date,
        case when is_entry then persons else -persons end as stock_change,
        case when is_entry then persons else 0 end as entries,
        case when is_entry then 0 else persons end as exits
    from flows
    {% for band, sign in [('age_group_before', '-'), ('age_group', '')] %}
    union all
    select
        'age_group' as breakdown_type,
        {{ band }} as code,
        month_date,
        {{ sign }}persons as stock_change,
        0 as entries,
        0 as exits
    from birthdays
    {% endfor %}
),

by_breakdown as (
    select
        breakdown_type,
        code,
        month_date,
        sum(stock_change) as stock_change,
        sum(entries) as entries,
        sum(exits) as exits
    from changes
    group by breakdown_type, code, month_date
)

select * from by_breakdown
