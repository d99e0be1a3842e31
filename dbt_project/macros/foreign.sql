{# Spellings of providers outside Korea. #}

{# Calendar day of an instant where the provider is: a deadline at 23:59 in Stockholm is the next day in Seoul. #}
{% macro date_at(instant, timezone) -%}
    cast({{ instant }} at time zone '{{ timezone }}' as date)
{%- endmacro %}

{% macro from_epoch_ms(milliseconds) -%}
    make_timestamptz(cast({{ milliseconds }} as bigint) * 1000)
{%- endmacro %}

{# Punctuation whose UTF-8 bytes somebody read as Latin-1 (a dash arrives as three characters), put right. #}
{% macro mended_punctuation(text) -%}
    {%- set ns = namespace(sql=text) -%}
    {%- for third, sign in [(147, 8211), (148, 8212), (152, 8216), (153, 8217), (156, 8220), (157, 8221), (166, 8230)] -%}
        {%- set ns.sql = "replace(" ~ ns.sql ~ ", chr(226) || chr(128) || chr(" ~ third ~ "), chr(" ~ sign ~ "))" -%}
    {%- endfor -%}
    {{ ns.sql }}
{%- endmacro %}

{# Value of a JSON text at a path such as '$[0]'; NULL when there is none. #}
{% macro json_text(json, path) -%}
    json_extract_string({{ json }}, '{{ path }}')
{%- endmacro %}

{# O*NET-SOC code with its punctuation: 47211100 is 47-2111.00. #}
{% macro onet_code(digits) -%}
    left({{ digits }}, 2) || '-' || substr({{ digits }}, 3, 4) || '.' || substr({{ digits }}, 7, 2)
{%- endmacro %}
