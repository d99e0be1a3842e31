-- Occupations of every scheme and version. A full classification that was delivered stands in the place of our short
-- list of that version; English names we wrote stay where the delivered one has none. What the classification leaves
-- untold (what is done, what preparation it needs) a dictionary of occupations may tell. A version ends when the next
-- begins.
with

delivered as (
    {{ union_providers('occupations') }}
),

zones as (
    {{ union_providers('occupation_job_zones') }}
),

summaries as (
    {{ union_providers('occupation_summaries') }}
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
    union all
    select
        occupation_scheme,
        scheme_version,
        occupation_code,
        occupation_level,
        parent_code,
        name_ko,
        name_en,
        valid_from,
        valid_to
    from {{ ref('occupation_groups') }}
),

delivered_versions as (
    select distinct
        occupation_scheme,
        scheme_version
    from delivered
),

occupations as (
    select
        listed.occupation_scheme,
        listed.scheme_version,
        listed.occupation_code,
        listed.occupation_level,
        listed.parent_code,
        listed.name_ko,
        listed.name_en,
        cast(null as varchar) as description,
        listed.valid_from,
        listed.valid_to
    from listed
    left join delivered_versions
        on
            listed.occupation_scheme = delivered_versions.occupation_scheme
            and listed.scheme_version = delivered_versions.scheme_version
    where delivered_versions.scheme_version is null
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
            and delivered.scheme_version = listed.scheme_version
            and delivered.occupation_code = listed.occupation_code
),

versions as (
    {{ version_ends('occupations', 'occupation_scheme') }}
),

dated as (
    select
        occupations.occupation_scheme,
        occupations.scheme_version,
        occupations.occupation_code,
        occupations.occupation_level,
        occupations.parent_code,
        occupations.name_ko,
        occupations.name_en,
        coalesce(occupations.description, summaries.description) as description,
        occupations.valid_from,
        coalesce(occupations.valid_to, versions.valid_to) as valid_to,
        coalesce(zones.job_zone, summaries.job_zone) as job_zone
    from occupations
    left join versions
        on
            occupations.occupation_scheme = versions.occupation_scheme
            and occupations.scheme_version = versions.scheme_version
    left join zones
        on
            occupations.occupation_scheme = zones.occupation_scheme
            and occupations.occupation_code = zones.occupation_code
    left join summaries
        on
            occupations.occupation_scheme = summaries.occupation_scheme
            and occupations.scheme_version = summaries.scheme_version
            and occupations.occupation_code = summaries.occupation_code
),

occupations_in_force as (
    select
        *,
        {{ in_force() }} as is_current
    from dated
)

select * from occupations_in_force
