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

{# Band of the persons that an employer employs; unknown stays countable. #}
{% macro firm_size(headcount) -%}
    case
        when {{ headcount }} is null then '_U'
        when {{ headcount }} < 5 then 'E_LT5'
        when {{ headcount }} < 30 then 'E5T29'
        when {{ headcount }} < 100 then 'E30T99'
        when {{ headcount }} < 300 then 'E100T299'
        else 'E_GE300'
    end
{%- endmacro %}

{# Kind of employment of an insured job. #}
{% macro employment_type(weekly_hours, contract_end_ym) -%}
    case
        when {{ weekly_hours }} < {{ var('full_time_hours') }} then 'PART_TIME'
        when {{ contract_end_ym }} is not null then 'FIXED_TERM'
        else 'REGULAR'
    end
{%- endmacro %}

{# Share of an outcome among the cases of an occupation, drawn towards that of the level above as if so many cases of it
   stood beside; the shares of competing outcomes still add up to one. Columns of int_employability__shared. #}
{% macro shrunk_probability(outcomes) -%}
    {%- set o = outcomes ~ "." -%}
    {%- set weight = var('shrinkage_clients') -%}
    {{ ratio(
        "(" ~ o ~ "cases * " ~ o ~ "cases_above_all + " ~ weight ~ " * " ~ o ~ "cases_above)",
        "((" ~ o ~ "cases_basis + " ~ weight ~ ") * " ~ o ~ "cases_above_all)"
    ) }}
{%- endmacro %}

{# What may become of a seeker, as rows of VALUES: size of the employer and kind of employment, or neither. #}
{% macro employability_outcomes() -%}
    {%- set outcomes = ["('NONE', 'NONE')"] -%}
    {%- for size in ["E_LT5", "E5T29", "E30T99", "E100T299", "E_GE300"] -%}
        {%- for kind in ["REGULAR", "FIXED_TERM", "PART_TIME"] -%}
            {%- do outcomes.append("('" ~ size ~ "', '" ~ kind ~ "')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(outcomes) }}
{%- endmacro %}
