-- What each mart needs and whether it is there: an empty mart is explained, not silent.
with

needs (mart, entity) as (
    values
    {{ mart_need_rows() }}
),

providers as (
    select
        entity,
        count(*) as sources,
        max(latest_delivery_date) as latest_delivery_date,
        string_agg(source_id, ' ' order by source_id) filter (where delivery_status <> 'absent') as source_ids,
        string_agg(distinct licence_id, ' ' order by licence_id) filter (where delivery_status <> 'absent')
            as licence_ids,
        count(*) filter (where delivery_status = 'present') as sources_present,
        count(*) filter (where delivery_status = 'stale') as sources_stale
    from {{ ref('dim_source') }}
    group by entity
),

statuses as (
    select
        needs.mart,
        needs.entity,
        coalesce(providers.sources, 0) as sources,
        providers.source_ids,
        providers.licence_ids,
        providers.latest_delivery_date,
        case
            when coalesce(providers.sources_present + providers.sources_stale, 0) = 0 then 'absent'
            when providers.sources_stale > 0 then 'stale'
            else 'present'
        end as status
    from needs
    left join providers on needs.entity = providers.entity
)

select
    cast(mart as varchar) as mart,
    cast(entity as varchar) as entity,
    cast(status as varchar) as status,
    cast(sources as bigint) as sources,
    cast(source_ids as varchar) as source_ids,
    cast(licence_ids as varchar) as licence_ids,
    cast(latest_delivery_date as date) as latest_delivery_date,
    cast(
        case status
            when 'absent' then '이 등록부의 자료가 없어 관련 지표를 산출하지 않는다.'
            when 'stale' then '최근 전달이 늦어 마지막 자료로 산출한다.'
            else '자료가 있다.'
        end as varchar
    ) as note_ko,
    cast(
        case status
            when 'absent' then 'No data of this register; the figures that need it are not computed.'
            when 'stale' then 'The last delivery is late; figures rest on the last data.'
            else 'Data are present.'
        end as varchar
    ) as note_en,
    {{ as_of() }} as as_of
from statuses
