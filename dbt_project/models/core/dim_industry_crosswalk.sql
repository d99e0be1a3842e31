-- Codes of one industrial classification in the next revision or in another classification. Providers say which code
-- leads to which, not how much of it.
with

delivered as (
    {{ union_providers('industry_crosswalks') }}
),

links as (
    select
        industry_scheme,
        from_version,
        from_code,
        cast(null as varchar) as from_name_ko,
        to_scheme,
        to_version,
        to_code,
        cast(null as varchar) as to_name_ko,
        cast(null as varchar) as note_ko,
        weight,
        cast(null as varchar) as source_id
    from {{ ref('industry_crosswalk') }}
    union all
    select
        industry_scheme,
        from_version,
        from_code,
        from_name_ko,
        industry_scheme as to_scheme,
        to_version,
        to_code,
        to_name_ko,
        note_ko,
        cast(null as decimal(18, 8)) as weight,
        source_id
    from delivered
),

weighted as (
    {{ weighted_links('links', ['industry_scheme', 'from_version', 'from_code'], ['to_scheme', 'to_version']) }}
)

select * from weighted
