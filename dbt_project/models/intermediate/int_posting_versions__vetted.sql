-- Versions of postings that the rules judged, with the day each was delivered first.
with

judged as (
    select
        source_id,
        record_hash,
        posting_id,
        min(submitted_date) as submitted_date,
        min(delivery_date) as delivery_date
    from {{ source('landing', '_vetting_decisions') }}
    group by source_id, record_hash, posting_id
),

versions as (
    select
        judged.source_id,
        judged.record_hash,
        judged.posting_id,
        case when sources.scope = 'pes' then 'pes' else judged.source_id end || ':' || judged.posting_id
            as vacancy_key,
        judged.submitted_date,
        judged.delivery_date,
        row_number() over (
            partition by judged.source_id, judged.posting_id
            order by judged.delivery_date, judged.record_hash
        ) as version_no
    from judged
    left join {{ ref('dim_source') }} as sources on judged.source_id = sources.source_id
)

select * from versions
