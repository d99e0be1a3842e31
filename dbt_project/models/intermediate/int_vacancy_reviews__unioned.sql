{{ config(materialized='view') }}

with

providers as (
    {{ union_providers('vacancy_reviews') }}
),

-- who does not say of which source a posting is speaks of the public service's own numbers
keyed as (
    select
        providers.*,
        case
            when providers.vacancy_source is null or sources.scope = 'pes' then 'pes'
            else providers.vacancy_source
        end || ':' || providers.posting_id as vacancy_key
    from providers
    left join {{ ref('dim_source') }} as sources on providers.vacancy_source = sources.source_id
)

select * from keyed
