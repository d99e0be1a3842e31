with

series as (
    select
        series,
        month_date,
        cell_no,
        amount
    from {{ ref('int_trend_series__monthly') }}
),

cells as (
    select
        cell_no,
        breakdown_type,
        region_code,
        occupation_code,
        industry_code,
        sex,
        age_group,
        is_shared,
        is_crossed
    from {{ ref('int_trend_cells') }}
),

-- a register that this profile does not have leaves its indicators out
catalogue as (
    select
        indicator,
        numerator,
        nullif(denominator, '') as denominator,
        scale,
        unit,
        register,
        breakdowns
    from {{ ref('trend_indicators') }}
    where nullif(denominator, '') is null or denominator in (select series.series from series)
),

indicators as (
    select
        numerators.month_date,
        numerators.cell_no,
        catalogue.indicator,
        numerators.amount as numerator,
        denominators.amount as denominator,
        catalogue.denominator is not null as is_ratio,
        catalogue.scale,
        catalogue.unit,
        catalogue.register,
        catalogue.breakdowns
    from catalogue
    inner join series as numerators on catalogue.numerator = numerators.series
    left join series as denominators
        on
            catalogue.denominator = denominators.series
            and numerators.cell_no = denominators.cell_no
            and numerators.month_date = denominators.month_date
)

select
    cast(indicators.month_date as date) as ref_period,
    cast(strftime(indicators.month_date, '%Y-%m') as varchar) as time_period,
    cast(indicators.indicator as varchar) as indicator,
    cast(cells.breakdown_type as varchar) as breakdown_type,
    cast(cells.region_code as varchar) as region_code,
    cast(cells.occupation_code as varchar) as occupation_code,
    cast(cells.industry_code as varchar) as industry_code,
    cast(cells.sex as varchar) as sex,
    cast(cells.age_group as varchar) as age_group,
    case
        when indicators.is_ratio
            then {{ ratio('indicators.numerator * indicators.scale', 'indicators.denominator') }}
        else cast(indicators.numerator as decimal(28, 10))
    end as value,
    cast(indicators.numerator as decimal(18, 4)) as numerator,
    cast(indicators.denominator as decimal(18, 4)) as denominator,
    cast(indicators.unit as varchar) as unit,
    cast('NSA' as varchar) as adj,
    cast(months.status as varchar) as status,
    cast(
        nullif(
            concat_ws(
                ' ', region_breaks.break_reason, occupation_breaks.break_reason, industry_breaks.break_reason
            ), ''
        ) as varchar
    ) as break_reason,
    {{ as_of() }} as as_of,
    cast({{ coverage_note('indicators.register') }} as varchar) as coverage_note,
    cast(case when indicators.is_ratio then {{ null_reason('indicators.denominator') }} end as varchar)
        as null_reason
from indicators
inner join cells on indicators.cell_no = cells.cell_no
inner join {{ ref('int_months__spine') }} as months on indicators.month_date = months.month_date
{% for dimension in ["region", "occupation", "industry"] %}
left join {{ ref('int_series_breaks') }} as {{ dimension }}_breaks
    on
        cells.{{ dimension }}_code = {{ dimension }}_breaks.code
        and indicators.month_date = {{ dimension }}_breaks.month_date
        and {{ dimension }}_breaks.breakdown_type = '{{ dimension }}'
{% endfor %}
where
    case indicators.breakdowns
        when 'all' then true
        when 'single' then not cells.is_crossed
        when 'shared' then cells.is_shared
        when 'total' then cells.breakdown_type = 'total'
    end
