-- Versions of postings that the rules judged, with the day each was delivered first.
with

judged as (
    select distinct
        source_id,
        record_hash,
        posting_id,
        submitted_date
    from {{ source('landing', '_vetting_decisions') }}
),

deliveries as (
    {%- for source_id in providers_of('vacancies') %}
    select
        '{{ source_id }}' as source_id,
        _record_hash as record_hash,
        min(_delivery_date) as delivery_date
    from {{ source('landing', source_id) }}
    where
        _delivery_date <= {{ as_of() }}
        and _record_hash in (select judged.record_hash from judged where judged.source_id = '{{ source_id }}')
    group by _record_hash
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        cast(null as varchar) as source_id,
        cast(null as varchar) as record_hash,
        cast(null as date) as delivery_date
    where false
    {%- endfor %}
),

versions as (
    select
        judged.source_id,
        judged.record_hash,
        judged.posting_id,
        case when sources.scope = 'pes' then 'pes' else judged.source_id end || ':' || judged.posting_id
            as vacancy_key,
        judged.submitted_date,
        deliveries.delivery_date,
        row_number() over (
            partition by judged.source_id, judged.posting_id
            order by deliveries.delivery_date, judged.record_hash
        ) as version_no
    from judged
    inner join deliveries on judged.source_id = deliveries.source_id and judged.record_hash = deliveries.record_hash
    left join {{ ref('dim_source') }} as sources on judged.source_id = sources.source_id
)

select * from versions
