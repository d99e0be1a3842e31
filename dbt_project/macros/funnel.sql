{# Mutually exclusive states of a submission; their counts add up to the submissions. #}
{% macro posting_states() -%}
    {{ return([
        "posted", "rejected", "duplicate", "returned_open", "held_open", "pending", "expired_undecided", "withdrawn"
    ]) }}
{%- endmacro %}

{# Submissions that are no longer open, as a sum of states. #}
{% macro concluded() -%}
    (posted + rejected + duplicate + expired_undecided + withdrawn)
{%- endmacro %}
