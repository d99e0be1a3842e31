{# What each mart needs, as rows of VALUES: (mart, entity), from `needs` of the models. A mart whose entity has no provider
   stays empty and mart_coverage says so. #}
{% macro mart_need_rows() -%}
    {%- set rows = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | sort(attribute="name") if node.name.startswith("mart_") -%}
            {%- for entity in node.config.meta.get("needs", []) -%}
                {%- do rows.append("('" ~ node.name ~ "', '" ~ entity ~ "')") -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ (rows or ["(null, null)"]) | join(", ") }}
{%- endmacro %}
