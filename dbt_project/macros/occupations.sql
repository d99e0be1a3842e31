{# What the occupation marts share. #}

{# Levels of detail of the occupation marts, as rows: KECO at two and four digits; other schemes as the provider codes
   them, at level NULL. #}
{% macro occupation_levels() -%}
    select
        'KECO' as occupation_scheme,
        unnest([2, 4]) as occupation_level
{%- endmacro %}

{# The columns that name an occupation in a market. #}
{% macro occupation_keys() -%}
    {{ return(["scope", "country", "occupation_scheme", "occupation_level", "occupation_code"]) }}
{%- endmacro %}

{# How far a figure may be trusted by the number of observations behind it: A from 100, B from 30, C below. #}
{% macro quality(n) -%}
    cast(
        case
            when {{ n }} >= 100 then 'A'
            when {{ n }} >= 30 then 'B'
            when {{ n }} > 0 then 'C'
        end as varchar
    )
{%- endmacro %}

{# Whether a job is in the insured pay of its occupation: full time, begun in the 24 whole months before the working day,
   with its pay reported. #}
{% macro tells_insured_pay(jobs) -%}
    (
        {{ jobs }}.acquisition_date >= {{ add_months(month_of(as_of()), -24) }}
        and {{ jobs }}.acquisition_date < {{ month_of(as_of()) }}
        and {{ jobs }}.weekly_hours >= {{ var('full_time_hours') }}
        and {{ jobs }}.monthly_pay_krw is not null
    )
{%- endmacro %}
