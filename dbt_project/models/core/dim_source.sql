with

sources as (
    {% for source in var('sources') %}
    select
        {{ text_literal(source.source_id) }} as source_id,
        {{ text_literal(source.entity) }} as entity,
        {{ text_literal(source.register) }} as register,
        {{ text_literal(source.scope) }} as scope,
        {{ text_literal(source.delivery) }} as delivery,
        {{ text_literal(source.provider_code) }} as provider_code,
        {{ text_literal(source.country) }} as country,
        {{ text_literal(source.licence_id) }} as licence_id,
        {{ text_literal(source.label_ko) }} as label_ko,
        {{ text_literal(source.label_en) }} as label_en,
        cast({{ text_literal(source.latest_delivery_date) }} as date) as latest_delivery_date,
        {{ text_literal(source.delivery_status) }} as delivery_status
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        cast(null as varchar) as source_id,
        cast(null as varchar) as entity,
        cast(null as varchar) as register,
        cast(null as varchar) as scope,
        cast(null as varchar) as delivery,
        cast(null as varchar) as provider_code,
        cast(null as varchar) as country,
        cast(null as varchar) as licence_id,
        cast(null as varchar) as label_ko,
        cast(null as varchar) as label_en,
        cast(null as date) as latest_delivery_date,
        cast(null as varchar) as delivery_status
    where false
    {% endfor %}
)

select * from sources
