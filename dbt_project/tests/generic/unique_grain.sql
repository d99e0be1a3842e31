{# The columns name one row: no NULL among them, no two rows alike. #}
{% test unique_grain(model, columns) %}
select
    {{ columns | join(", ") }},
    count(*) as rows_of_grain
from {{ model }}
group by {{ columns | join(", ") }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
