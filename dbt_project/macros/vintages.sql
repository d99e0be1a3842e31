{# Age in whole months at which a report of a month was first known, when figures are read on one day of each month: what
   comes after that day waits for the next one. Age 1 is that day of the month after. #}
{% macro age_when_known(month_date, received_date, read_on_day) -%}
    (
        12 * (extract(year from {{ received_date }}) - extract(year from {{ month_date }}))
        + extract(month from {{ received_date }}) - extract(month from {{ month_date }})
        + case when extract(day from {{ received_date }}) > {{ read_on_day }} then 1 else 0 end
    )
{%- endmacro %}

{# The ages of a month, as bits of one integer, on whose day of publication something was known that was known from one
   day until before another. #}
{% macro ages_between(month_date, known_from, known_until) -%}
    {%- set day, last = var("reporting_deadline_day") + 1, var("last_age_months") -%}
    {%- set first = "greatest(" ~ age_when_known(month_date, known_from, day) ~ ", 1)" -%}
    {%- set end = "least(" ~ age_when_known(month_date, known_until, day) ~ ", " ~ (last + 1) ~ ")" -%}
    case when {{ first }} < {{ end }} then (1::bigint << {{ end }}) - (1::bigint << {{ first }}) else 0 end
{%- endmacro %}

{# Figures of months by age, total and provinces, months without a report included: what was known of a month when it was
   so old. `indicators` of int_trend_reports, read on one day of each month up to `last_age`. #}
{% macro known_by_age(indicators, read_on_day, last_age) -%}
    with

    reports as (
        select
            indicator,
            region_code,
            {{ month_of('event_date') }} as month_date,
            greatest({{ age_when_known('event_date', 'received_date', read_on_day) }}, 0) as age_months,
            amount
        from {{ ref('int_trend_reports') }}
        where indicator in ('{{ indicators | join("', '") }}')
    ),

    summed as (
        select
            indicator,
            month_date,
            age_months,
            coalesce(region_code, '_T') as region_code,
            sum(amount) as amount
        from reports
        where age_months <= {{ last_age }}
        group by grouping sets ((indicator, month_date, age_months), (indicator, month_date, age_months, region_code))
    ),

    grid as (
        select
            indicators.indicator,
            cells.region_code,
            months.month_date,
            cast(ages.range as integer) as age_months,
            cast(
                {{ add_months('months.month_date', 'cast(ages.range as integer)') }}
                + cast(least(
                    {{ read_on_day }},
                    extract(day from {{ add_months('months.month_date', 'cast(ages.range as integer) + 1') }} - 1)
                ) as integer)
                - 1 as date
            ) as known_on
        from {{ ref('trend_indicators') }} as indicators
        inner join {{ ref('int_months__spine') }} as months
            on case when indicators.register = 'pes' then months.is_labour_month else months.is_insurance_month end
        cross join {{ ref('int_trend_cells') }} as cells
        cross join range(0, {{ last_age }} + 1) as ages
        where indicators.indicator in ('{{ indicators | join("', '") }}') and cells.is_shared
    ),

    known as (
        select
            grid.indicator,
            grid.region_code,
            grid.month_date,
            grid.age_months,
            grid.known_on,
            cast(
                sum(coalesce(summed.amount, 0)) over (
                    partition by grid.indicator, grid.region_code, grid.month_date
                    order by grid.age_months
                ) as decimal(18, 4)
            ) as amount
        from grid
        left join summed
            on
                grid.indicator = summed.indicator
                and grid.region_code = summed.region_code
                and grid.month_date = summed.month_date
                and grid.age_months = summed.age_months
    )

    select * from known
    where known_on <= {{ as_of() }}
{%- endmacro %}
