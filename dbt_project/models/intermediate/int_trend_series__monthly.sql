-- Every count of the trends as one long table: what the indicators of seed `trend_indicators` divide by each other.
with

series as (
    {% for group in trend_series() if has_entities(group.needs) %}
    {% set last_group = loop.last %}
    {% for name in group.crossed + group.series %}
    select
        '{{ name }}' as series,
        month_date,
        cell_no,
        cast({{ name }} as decimal(18, 4)) as amount
    from {{ ref(group.relation) }}
    {{ "where not is_crossed" if group.crossed and name not in group.crossed }}
    {{ "union all" if not (last_group and loop.last) }}
    {% endfor %}
    {% else %}
    select
        cast(null as varchar) as series,
        cast(null as date) as month_date,
        cast(null as integer) as cell_no,
        cast(null as decimal(18, 4)) as amount
    where false
    {% endfor %}
)

select * from series
