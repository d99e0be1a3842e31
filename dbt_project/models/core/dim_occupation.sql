-- Occupations of every scheme. A full classification that was delivered stands in the place of our short list of it;
-- English names we wrote stay where the delivered one has none.
with

delivered as (
    {{ union_providers('occupations') }}
),

zones as (
    {{ union_providers('occupation_job_zones') }}
),

listed as (
    select
        'KECO' as occupation_scheme,
        '2025' as scheme_version,
        occupation_code,
        occupation_level,
        parent_code,
        name_ko,
        name_en,
        valid_from,
        valid_to
    from {{ ref('occupations') }}
),

occupations as (
    select
        occupation_scheme,
        scheme_version,
        occupation_code,
        occupation_level,
        parent_code,
        name_ko,
        name_en,
        cast(null as varchar) as description,
        valid_from,
        valid_to
    from listed
    where occupation_scheme not in (select delivered.occupation_scheme from delivered)
    union all
    select
        delivered.occupation_scheme,
        delivered.scheme_version,
        delivered.occupation_code,
        delivered.occupation_level,
        delivered.parent_code,
        delivered.name_ko,
        coalesce(delivered.name_en, listed.name_en) as name_en,
        delivered.description,
        delivered.valid_from,
        delivered.valid_to
    from delivered
    left join listed
        on
            delivered.occupation_scheme = listed.occupation_scheme
            and delivered.occupation_code = listed.occupation_code
),

zoned as (
    select
        occupations.*,
        zones.job_zone
    from occupations
    left join zones
        on
            occupations.occupation_scheme = zones.occupation_scheme
            and occupations.occupation_code = zones.occupation_code
)

select * from zoned
