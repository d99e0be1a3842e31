-- Industries of every scheme and version. A full classification that was delivered stands in the place of our short
-- list of that version. A version ends when the next begins.
with

delivered as (
    {{ union_providers('industries') }}
),

listed as (
    select
        industry_scheme,
        scheme_version,
        industry_code,
        industry_level,
        coalesce(parent_code, industry_code) as section_code,
        parent_code,
        name_ko,
        name_en,
        valid_from,
        valid_to
    from {{ ref('industries') }}
),

delivered_versions as (
    select distinct
        industry_scheme,
        scheme_version
    from delivered
),

industries as (
    select listed.*
    from listed
    left join delivered_versions
        on
            listed.industry_scheme = delivered_versions.industry_scheme
            and listed.scheme_version = delivered_versions.scheme_version
    where delivered_versions.scheme_version is null
    union all
    select
        delivered.industry_scheme,
        delivered.scheme_version,
        delivered.industry_code,
        delivered.industry_level,
        delivered.section_code,
        delivered.parent_code,
        delivered.name_ko,
        coalesce(delivered.name_en, listed.name_en) as name_en,
        delivered.valid_from,
        delivered.valid_to
    from delivered
    left join listed
        on
            delivered.industry_scheme = listed.industry_scheme
            and delivered.scheme_version = listed.scheme_version
            and delivered.industry_code = listed.industry_code
),

versions as (
    {{ version_ends('industries', 'industry_scheme') }}
),

dated as (
    select
        industries.* exclude (valid_to),
        coalesce(industries.valid_to, versions.valid_to) as valid_to
    from industries
    left join versions
        on
            industries.industry_scheme = versions.industry_scheme
            and industries.scheme_version = versions.scheme_version
),

industries_in_force as (
    select
        *,
        {{ in_force() }} as is_current
    from dated
)

select * from industries_in_force
