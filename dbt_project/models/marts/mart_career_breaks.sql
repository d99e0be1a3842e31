{% set break_days = var('career_break_days') %}
{% set counts = [
    'insured_stock', 'ever_insured', 'exits_followed', 'breaks', 'breaks_followed_12m', 'returns_12m',
    'breaks_followed_36m', 'returns_36m', 'returns'
] %}
with

stretches as (
    select
        person_id,
        sex,
        birth_year,
        from_date,
        left_on,
        returned_on,
        is_followed,
        days_away_before,
        days_away_after
    from {{ ref('int_career_breaks') }}
),

-- full years of the register and the running one
years as (
    select
        cast(extract(year from month_date) as integer) as ref_year,
        min(least(make_date(cast(extract(year from month_date) as integer), 12, 31), {{ as_of() }})) as stock_date
    from {{ ref('int_months__spine') }}
    where is_insurance_month
    group by extract(year from month_date)
    having min(extract(month from month_date)) = 1
),

persons as (
    select
        person_id,
        sex,
        birth_year,
        min(from_date) as first_from
    from stretches
    group by person_id, sex, birth_year
),

facts as (
    select
        years.ref_year,
        stretches.sex,
        years.ref_year - stretches.birth_year as age,
        'insured_stock' as fact,
        null as days_away
    from years
    inner join stretches
        on
            years.stock_date >= stretches.from_date
            and years.stock_date < coalesce(stretches.left_on, cast('9999-12-31' as date))
    union all
    select
        years.ref_year,
        persons.sex,
        years.ref_year - persons.birth_year as age,
        'ever_insured' as fact,
        null as days_away
    from years
    inner join persons on years.stock_date >= persons.first_from
    {% for fact, followed, counted in [
        ('exits_followed', 'is_followed', 'true'),
        ('breaks', 'is_followed', 'days_away_after >= ' ~ break_days),
        ('breaks_followed_12m', 'left_on + 365 <= ' ~ as_of(), 'days_away_after >= ' ~ break_days),
        ('returns_12m', 'left_on + 365 <= ' ~ as_of(), 'returned_on - left_on between ' ~ break_days ~ ' and 365'),
        ('breaks_followed_36m', 'left_on + 1095 <= ' ~ as_of(), 'days_away_after >= ' ~ break_days),
        ('returns_36m', 'left_on + 1095 <= ' ~ as_of(), 'returned_on - left_on between ' ~ break_days ~ ' and 1095'),
    ] %}
    union all
    -- by the last insured day
    select
        cast(extract(year from left_on - 1) as integer) as ref_year,
        sex,
        extract(year from left_on - 1) - birth_year as age,
        '{{ fact }}' as fact,
        null as days_away
    from stretches
    where {{ followed }} and {{ counted }}
    {% endfor %}
    union all
    select
        cast(extract(year from from_date) as integer) as ref_year,
        sex,
        extract(year from from_date) - birth_year as age,
        'returns' as fact,
        days_away_before as days_away
    from stretches
    where days_away_before >= {{ break_days }}
),

banded as (
    select
        ref_year,
        sex,
        {{ age_group_5y('age') }} as age_group_5y,
        fact,
        days_away
    from facts
),

counted as (
    select
        banded.ref_year,
        coalesce(banded.sex, '_T') as sex,
        coalesce(banded.age_group_5y, '_T') as age_group_5y,
        {% for count in counts %}
        count(*) filter (where banded.fact = '{{ count }}') as {{ count }},
        {% endfor %}
        {{ quantile_type7('banded.days_away', 0.5) }} as break_days_median
    from banded
    inner join years on banded.ref_year = years.ref_year
    group by
        grouping sets (
            (banded.ref_year), (banded.ref_year, banded.sex), (banded.ref_year, banded.age_group_5y),
            (banded.ref_year, banded.sex, banded.age_group_5y)
        )
)

select
    cast(counted.ref_year as integer) as ref_year,
    cast(counted.sex as varchar) as sex,
    cast(counted.age_group_5y as varchar) as age_group_5y,
    cast(years.stock_date as date) as stock_date,
    {% for count in counts %}
    cast(counted.{{ count }} as bigint) as {{ count }},
    {% endfor %}
    {{ ratio('counted.insured_stock', 'counted.ever_insured') }} as insured_share_of_ever_insured,
    {{ ratio('counted.breaks', 'counted.exits_followed') }} as break_share_of_exits,
    {{ ratio('counted.returns_12m', 'counted.breaks_followed_12m') }} as return_rate_12m,
    {{ ratio('counted.returns_36m', 'counted.breaks_followed_36m') }} as return_rate_36m,
    cast(counted.break_days_median as decimal(18, 2)) as break_days_median,
    cast(
        case when make_date(counted.ref_year, 12, 31) + {{ break_days }} <= {{ as_of() }} then 'F' else 'P' end
        as varchar
    ) as status,
    {{ as_of() }} as as_of,
    cast({{ coverage_note("'insurance'") }} as varchar) as coverage_note,
    cast({{ null_reasons({
        'insured_share_of_ever_insured': 'nobody_ever_insured',
        'break_share_of_exits': 'no_exit_long_enough_ago',
        'return_rate_12m': 'no_break_long_enough_ago',
        'return_rate_36m': 'no_break_long_enough_ago',
        'break_days_median': 'no_return',
    }) }} as varchar) as null_reason
from counted
inner join years on counted.ref_year = years.ref_year
