with

counts as (
    select
        source_id,
        month_date,
        linked_with,
        series,
        amount
    from {{ ref('int_source_counts__monthly') }}
    union all
    select
        '_T' as source_id,
        month_date,
        linked_with,
        series,
        cast(sum(amount) as decimal(18, 0)) as amount
    from {{ ref('int_source_counts__monthly') }}
    where linked_with = '_Z'
    group by month_date, linked_with, series
),

indicators as (
    select
        indicator,
        numerator,
        denominator,
        scale,
        unit
    from {{ ref('quality_indicators') }}
),

measured as (
    select
        counts.source_id,
        counts.month_date,
        counts.linked_with,
        indicators.indicator,
        indicators.unit,
        indicators.scale,
        counts.amount as numerator,
        below.amount as denominator,
        nullif(indicators.denominator, '') is not null as is_quotient
    from indicators
    inner join counts on indicators.numerator = counts.series
    left join counts as below
        on
            indicators.denominator = below.series
            and counts.source_id = below.source_id
            and counts.month_date = below.month_date
            and counts.linked_with = below.linked_with
),

valued as (
    select
        source_id,
        month_date,
        linked_with,
        indicator,
        unit,
        numerator,
        denominator,
        case when is_quotient then {{ ratio('scale * numerator', 'denominator') }} else numerator end as value,
        case when is_quotient then {{ null_reason('denominator') }} end as null_reason
    from measured
    {% for indicator in ["quality_delay_p50", "quality_delay_p90"] %}
    union all
    select
        source_id,
        month_date,
        '_Z' as linked_with,
        '{{ indicator }}' as indicator,
        'days' as unit,
        null as numerator,
        null as denominator,
        {{ indicator }} as value,
        null as null_reason
    from {{ ref('int_source_delays__monthly') }}
    {% endfor %}
)

select
    cast(month_date as date) as ref_period,
    cast(strftime(month_date, '%Y-%m') as varchar) as time_period,
    cast(source_id as varchar) as source_id,
    cast(indicator as varchar) as indicator,
    cast(value as decimal(28, 10)) as value,
    cast(numerator as decimal(18, 0)) as numerator,
    cast(denominator as decimal(18, 0)) as denominator,
    cast(unit as varchar) as unit,
    cast(linked_with as varchar) as linked_with,
    {{ as_of() }} as as_of,
    cast(null_reason as varchar) as null_reason
from valued
