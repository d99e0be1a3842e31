with

organisations as (
    {{ union_providers('organisations') }}
),

ranked as (
    select
        *,
        row_number() over (partition by organisation_code order by valid_from desc, source_id asc) as version_rank
    from organisations
),

latest as (
    select
        organisation_code,
        name_ko,
        name_en,
        organisation_type,
        region_code,
        valid_from,
        valid_to,
        source_id
    from ranked
    where version_rank = 1
)

select * from latest
