{{ config(enabled=has_source('agency_clients')) }}

with

latest as (
    {{ latest_versions(
        'agency_clients',
        key=['client_id'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
),

links as (
    select
        record_id,
        person_key,
        match_probability
    from {{ source('landing', '_linked_persons') }}
    where source_id = 'agency_clients'
),

-- who was not found has no person and the probability 0
linked as (
    select
        latest.*,
        latest.client_id as episode_id,
        links.person_key,
        coalesce(links.match_probability, 0) as match_probability
    from latest
    left join links on latest.client_id = links.record_id
)

select {{ conformed_columns('service_episodes', missing=['birth_year', 'sex', 'seeker_reg_no']) }}
from linked
