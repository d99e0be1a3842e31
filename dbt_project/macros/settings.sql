{# What the build was told: the working day and who provides which entity. #}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}

{# The working day as a date, from the table that the build puts into the new file: the models themselves are the same
   every day, so dbt parses them once. Nothing below the DAG layer asks the clock. #}
{% macro as_of() -%}
    (select max(as_of) from landing._release)
{%- endmacro %}

{# First of the thirteen months whose deliveries are looked at: the build writes no earlier ones. #}
{% macro first_quality_month() -%}
    cast(date_trunc('month', {{ as_of() }}) - interval 12 month as date)
{%- endmacro %}

{# First working day whose deliveries hold every report of a month that came in time: reports are due on the deadline day
   of the next month and arrive the day after. #}
{% macro reports_in(month_date) -%}
    cast({{ add_months(month_date, 1) }} + {{ var("reporting_deadline_day") }} as date)
{%- endmacro %}

{# Ids of the sources of this profile that provide an entity, in order. #}
{% macro providers_of(entity) -%}
    {{ return(var("providers").get(entity, []) | sort) }}
{%- endmacro %}

{# Is a source part of this profile? Staging models of others are disabled. #}
{% macro has_source(source_id) -%}
    {%- set ids = var("providers").values() | sum(start=[]) -%}
    {{ return(source_id in ids) }}
{%- endmacro %}

{% macro has_entity(entity) -%}
    {{ return(providers_of(entity) | length > 0) }}
{%- endmacro %}

{# A text literal, or a typed NULL. #}
{% macro text_literal(value) -%}
    {%- if value is none or value is undefined -%} cast(null as {{ dbt.type_string() }})
    {%- else -%} '{{ value | string | replace("'", "''") }}'
    {%- endif -%}
{%- endmacro %}

{# The registry's sources of this profile as rows; without any, the same columns and no row. #}
{% macro registry_sources() -%}
    {%- set columns = [
        "source_id", "entity", "register", "scope", "delivery", "every", "provider_code", "country", "licence_id",
        "redistribution", "label_ko", "label_en"
    ] -%}
    {%- for source in var("sources") %}
    select
        {%- for column in columns %}
        {{ text_literal(source[column]) }} as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        {%- for column in columns %}
        cast(null as {{ dbt.type_string() }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{%- endmacro %}

{# 0, 1 or 2: the first ten days of a month, the second ten, the rest. #}
{% macro third_of_month(day) -%}
    least(floor((extract(day from {{ day }}) - 1) / 10), 2)
{%- endmacro %}
