-- Days on which each client was served, and the next one. To begin an episode is a service.
with

served as (
    select
        episode_id,
        start_date as service_date
    from ({{ union_providers('service_episodes') }}) as episodes
    union
    select
        episode_id,
        service_date
    from ({{ union_providers('service_contacts') }}) as contacts
),

services as (
    select
        episode_id,
        service_date,
        lead(service_date) over (
            partition by episode_id
            order by service_date
        ) as next_service_date
    from served
)

select * from services
