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

-- the days on which a person was known to be insured in a province, as bits: the age of the month, 0 on the working day
held as (
    select
        touched.person_key,
        touched.month_date,
        states.region_code,
        states.weight,
        bit_or(
            case when {{ as_of() }} >= states.known_from and {{ as_of() }} < states.known_until then 1 else 0 end
            + {{ ages_between('touched.month_date', 'states.known_from', 'states.known_until') }}
        ) as ages
    from touched
    inner join states
        on
            touched.person_key = states.person_key
            and touched.month_date >= states.from_month
            and touched.month_date < states.to_month
    group by touched.person_key, touched.month_date, states.region_code, states.weight
),

-- with several weights in a province the highest counts
weighed as (
    select
        month_date,
        region_code,
        weight,
        ages & ~coalesce(bit_or(ages) over heavier, 0) as ages
    from held
    window heavier as (
        partition by person_key, month_date, region_code
        order by weight desc
        rows between unbounded preceding and 1 preceding
    )
),

-- a person with jobs in two provinces is one in the total and one in each
united as (
    select
        month_date,
        '_T' as region_code,
        1 as weight,
        bit_or(ages) as ages
    from held
    group by person_key, month_date
),

counted as (
    select
        persons.month_date,
        persons.region_code,
        cast(ages.range as integer) as age_months,
        sum(persons.weight) as persons
    from (
        select * from weighed
        union all by name
        select * from united
    ) as persons
    inner join range({{ var('last_age_months') }} + 1) as ages on (persons.ages >> ages.range) & 1 = 1
    group by persons.month_date, persons.region_code, ages.range
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
        and present.age_months = 0
left join counted as looked
    on
        stocks.month_date = looked.month_date
        and stocks.region_code = looked.region_code
        and vintages.age_months = looked.age_months
where stocks.breakdown_type in ('total', 'region') and vintages.known_on <= {{ as_of() }}
