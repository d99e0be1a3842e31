{# Every non-NULL value stands in the other relation. #}
{% test refers_to(model, column_name, to, field, unknown=[]) %}
select child.{{ column_name }}
from {{ model }} as child
left join {{ to }} as parent on child.{{ column_name }} = parent.{{ field }}
where
    child.{{ column_name }} is not null
    and parent.{{ field }} is null
    {%- if unknown %}
    and child.{{ column_name }} not in ('{{ unknown | join("', '") }}')
    {%- endif %}
{% endtest %}
