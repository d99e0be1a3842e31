-- Insured persons at the end of each month as they were known when the month was one to twelve months old. Few persons
-- change after the first publication: only they are counted again as of each day, all others are as they are now.
with

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_insurance_month
),

vintages as (
    select
        months.month_date,
        cast(ages.range as integer) as age_months,
        cast(
            {{ add_months('months.month_date', 'cast(ages.range as integer)') }}
            + {{ var('reporting_deadline_day') }} as date
        ) as known_on
    from months
    cross join range(1, {{ var('last_age_months') }} + 1) as ages
),

-- as known on the past days and, without an age, on the working day
looks as (
    select
        month_date,
        age_months,
        known_on
    from vintages
    where known_on <= {{ as_of() }}
    union all
    select
        month_date,
        null as age_months,
        {{ as_of() }} as known_on
    from months
),

-- months that a report of later than the first publication gave or took
late as (
    {% for bound in ['from', 'to'] %}
    select
        person_key,
        known_from,
        least({{ bound }}_month_before, {{ bound }}_month) as first_month,
        greatest({{ bound }}_month_before, {{ bound }}_month) as end_month
    from {{ ref('int_insured_spells__known') }}
    where
        {{ bound }}_month_before <> {{ bound }}_month
        and known_from > {{ reports_in('least(' ~ bound ~ '_month_before, ' ~ bound ~ '_month)') }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

touched as (
    select distinct
        late.person_key,
        months.month_date
    from late
    inner join months
        on
            late.first_month <= months.month_date
            and late.end_month > months.month_date
            and late.known_from > {{ reports_in('months.month_date') }}
),

touched_persons as (
    select distinct person_key from touched
),

states as (
    select
        known.person_key,
        known.known_from,
        coalesce(known.known_until, cast('9999-12-31' as date)) as known_until,
        known.from_month,
        known.to_month,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        coalesce(sidos.weight, 1) as weight
    from {{ ref('int_insured_spells__known') }} as known
    inner join touched_persons on known.person_key = touched_persons.person_key
    left join {{ ref('dim_workplace') }} as workplaces on known.workplace_no = workplaces.workplace_no
    left join {{ ref('int_sidos__current') }} as sidos on workplaces.region_code = sidos.region_code
    where known.from_month < known.to_month
),

held as (
    select
        touched.person_key,
        looks.month_date,
        looks.age_months,
        states.region_code,
        max(states.weight) as weight
    from touched
    inner join looks on touched.month_date = looks.month_date
    inner join states
        on
            touched.person_key = states.person_key
            and touched.month_date >= states.from_month
            and touched.month_date < states.to_month
            and looks.known_on >= states.known_from
            and looks.known_on < states.known_until
    group by touched.person_key, looks.month_date, looks.age_months, states.region_code
),

-- a person with jobs in two provinces is one in the total and one in each
counted as (
    select
        month_date,
        age_months,
        region_code,
        sum(weight) as persons
    from held
    group by month_date, age_months, region_code
    union all
    select
        month_date,
        age_months,
        '_T' as region_code,
        count(distinct person_key) as persons
    from held
    group by month_date, age_months
)

select
    'insured_stock' as indicator,
    stocks.region_code,
    stocks.month_date,
    vintages.age_months,
    vintages.known_on,
    cast(stocks.insured_stock - coalesce(present.persons, 0) + coalesce(looked.persons, 0) as decimal(18, 4)) as amount
from {{ ref('int_insured_persons__monthly') }} as stocks
inner join vintages on stocks.month_date = vintages.month_date
left join counted as present
    on
        stocks.month_date = present.month_date
        and stocks.region_code = present.region_code
        and present.age_months is null
left join counted as looked
    on
        stocks.month_date = looked.month_date
        and stocks.region_code = looked.region_code
        and vintages.age_months = looked.age_months
where stocks.breakdown_type in ('total', 'region') and vintages.known_on <= {{ as_of() }}
