-- Persons insured at month end, entering and leaving, once per person however many jobs: total and sex, age band,
-- province, section. Stock is the running sum of entries and exits, so it costs one pass over the stretches.
with

jobs as (
    select * from {{ ref('int_insured_jobs__placed') }}
),

persons as (
    select * from {{ ref('int_insured_stretches') }}
),

person_regions as (
    {{ merged_stretches('jobs', ['person_id', 'sido_code']) }}
),

person_sections as (
    {{ merged_stretches('jobs', ['person_id', 'industry_section']) }}
),

age_bands (age_group, from_age, to_age) as (
    values ('Y_LT30', 0, 30), ('Y30T39', 30, 40), ('Y40T49', 40, 50), ('Y50T59', 50, 60), ('Y_GE60', 60, 200)
),

-- how far a stretch is known to reach
known_persons as (
    select
        *,
        least(to_date - 1, greatest({{ as_of() }}, from_date)) as known_until
    from persons
),

-- a stretch passes through age bands; only its true start and end are an entry and an exit
person_ages as (
    select
        coalesce(bands.age_group, '_U') as age_group,
        greatest(persons.from_date, coalesce(make_date(persons.birth_year + bands.from_age, 1, 1), persons.from_date))
            as from_date,
        least(persons.to_date, coalesce(make_date(persons.birth_year + bands.to_age, 1, 1), persons.to_date))
            as to_date,
        persons.from_date as entered_on,
        persons.to_date as left_on
    from known_persons as persons
    left join age_bands as bands
        on
            extract(year from persons.from_date) < persons.birth_year + bands.to_age
            -- bands that an open stretch will only reach in the future are left out
            and extract(year from persons.known_until)
            >= persons.birth_year + bands.from_age
),

segments as (
    select
        'sex' as breakdown_type,
        '_T' as region_code,
        '_T' as industry_code,
        sex,
        '_T' as age_group,
        from_date,
        to_date,
        true as is_entry,
        true as is_exit,
        1 as weight
    from persons
    union all
    select
        'age_group' as breakdown_type,
        '_T' as region_code,
        '_T' as industry_code,
        '_T' as sex,
        age_group,
        from_date,
        to_date,
        from_date = entered_on as is_entry,
        to_date = left_on as is_exit,
        1 as weight
    from person_ages
    union all
    select
        'region' as breakdown_type,
        sido_code as region_code,
        '_T' as industry_code,
        '_T' as sex,
        '_T' as age_group,
        from_date,
        to_date,
        true as is_entry,
        true as is_exit,
        weight
    from person_regions
    union all
    select
        'industry' as breakdown_type,
        '_T' as region_code,
        industry_section as industry_code,
        '_T' as sex,
        '_T' as age_group,
        from_date,
        to_date,
        true as is_entry,
        true as is_exit,
        1 as weight
    from person_sections
),

changes as (
    select
        breakdown_type,
        region_code,
        industry_code,
        sex,
        age_group,
        {{ month_of('from_date') }} as month_date,
        weight as stock_change,
        case when is_entry then weight else 0 end as entries,
        0 as exits
    from segments
    union all
    select
        breakdown_type,
        region_code,
        industry_code,
        sex,
        age_group,
        {{ month_of('to_date') }} as month_date,
        -weight as stock_change,
        0 as entries,
        case when is_exit then weight else 0 end as exits
    from segments
    where to_date < cast('9999-12-31' as date)
),

by_breakdown as (
    select
        breakdown_type,
        region_code,
        industry_code,
        sex,
        age_group,
        month_date,
        sum(stock_change) as stock_change,
        sum(entries) as entries,
        sum(exits) as exits
    from changes
    group by breakdown_type, region_code, industry_code, sex, age_group, month_date
),

-- everybody has exactly one sex code, so the total is the sum over them
with_total as (
    select * from by_breakdown
    union all
    select
        'total' as breakdown_type,
        '_T' as region_code,
        '_T' as industry_code,
        '_T' as sex,
        '_T' as age_group,
        month_date,
        sum(stock_change) as stock_change,
        sum(entries) as entries,
        sum(exits) as exits
    from by_breakdown
    where breakdown_type = 'sex'
    group by month_date
),

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_insurance_month
),

first_month as (
    select min(month_date) as month_date from months
),

cells as (
    select distinct
        breakdown_type,
        region_code,
        industry_code,
        sex,
        age_group
    from with_total
),

opening as (
    select
        with_total.breakdown_type,
        with_total.region_code,
        with_total.industry_code,
        with_total.sex,
        with_total.age_group,
        sum(with_total.stock_change) as stock
    from with_total
    cross join first_month
    where with_total.month_date < first_month.month_date
    group by
        with_total.breakdown_type,
        with_total.region_code,
        with_total.industry_code,
        with_total.sex,
        with_total.age_group
),

filled as (
    select
        cells.breakdown_type,
        cells.region_code,
        cells.industry_code,
        cells.sex,
        cells.age_group,
        months.month_date,
        coalesce(with_total.stock_change, 0) as stock_change,
        coalesce(with_total.entries, 0) as entries,
        coalesce(with_total.exits, 0) as exits
    from cells
    cross join months
    left join with_total
        on
            cells.breakdown_type = with_total.breakdown_type
            and cells.region_code = with_total.region_code
            and cells.industry_code = with_total.industry_code
            and cells.sex = with_total.sex
            and cells.age_group = with_total.age_group
            and months.month_date = with_total.month_date
),

stocks as (
    select
        filled.breakdown_type,
        filled.region_code,
        filled.industry_code,
        filled.sex,
        filled.age_group,
        filled.month_date,
        cast(filled.entries as decimal(18, 4)) as insured_entries,
        cast(filled.exits as decimal(18, 4)) as insured_exits,
        cast(
            coalesce(opening.stock, 0) + sum(filled.stock_change) over (
                partition by
                    filled.breakdown_type, filled.region_code, filled.industry_code, filled.sex, filled.age_group
                order by filled.month_date
            ) as decimal(18, 4)
        ) as insured_stock
    from filled
    left join opening
        on
            filled.breakdown_type = opening.breakdown_type
            and filled.region_code = opening.region_code
            and filled.industry_code = opening.industry_code
            and filled.sex = opening.sex
            and filled.age_group = opening.age_group
)

select * from stocks
