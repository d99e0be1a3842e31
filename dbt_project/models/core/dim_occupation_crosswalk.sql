-- Codes of one occupational classification in another, or in the next version of the same one. A crosswalk that was
-- delivered stands in the place of our short one between the same two versions.
with

delivered as (
    {{ union_providers('occupation_crosswalks') }}
),

delivered_pairs as (
    select distinct
        from_scheme,
        from_version,
        to_scheme,
        to_version
    from delivered
),

links as (
    select
        listed.from_scheme,
        listed.from_version,
        listed.from_code,
        listed.to_scheme,
        listed.to_version,
        listed.to_code,
        listed.valid_from,
        listed.weight,
        cast(null as varchar) as source_id
    from {{ ref('occupation_crosswalk') }} as listed
    left join delivered_pairs
        on
            listed.from_scheme = delivered_pairs.from_scheme
            and listed.from_version = delivered_pairs.from_version
            and listed.to_scheme = delivered_pairs.to_scheme
            and listed.to_version = delivered_pairs.to_version
    where delivered_pairs.to_version is null
    union all
    select
        from_scheme,
        from_version,
        from_code,
        to_scheme,
        to_version,
        to_code,
        valid_from,
        weight,
        source_id
    from delivered
),

weighted as (
    {{ weighted_links('links', ['from_scheme', 'from_version', 'from_code'], ['to_scheme', 'to_version']) }}
)

select * from weighted
