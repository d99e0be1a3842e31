-- Sources of the profile, from the registry, with what they delivered up to the working day.
with

sources as (
    {{ registry_sources() }}
),

deliveries as (
    select
        source_id,
        max(delivery_date) as latest_delivery_date,
        max(delivery_date) filter (where delivery_status = 'complete') as latest_complete_date,
        sum(rows) as rows_delivered
    from {{ source('landing', '_loads') }}
    where delivery_date <= {{ as_of() }}
    group by source_id
),

allowances (every, days_allowed) as (
    values ('day', 3), ('week', 10), ('month', 40), ('quarter', 100), ('halfyear', 200), ('year', 400)
),

dated as (
    select
        sources.*,
        deliveries.latest_delivery_date,
        deliveries.latest_complete_date,
        deliveries.rows_delivered,
        case
            when deliveries.latest_delivery_date is null then 'absent'
            when deliveries.latest_delivery_date + allowances.days_allowed < {{ as_of() }} then 'stale'
            else 'present'
        end as delivery_status
    from sources
    left join deliveries on sources.source_id = deliveries.source_id
    left join allowances on sources.every = allowances.every
)

select * from dated
