-- Days from which a code of a series means more or less than before: provinces, groups of occupations (two and four
-- digits of KECO) and sections of industry. The total is the same; the code does not compare with itself before.
with

-- both ends of a link between two groups: one gives, the other receives
occupation_links as (
    select
        from_code,
        to_code,
        valid_from,
        unnest([2, 4]) as occupation_level
    from {{ ref('dim_occupation_crosswalk') }}
    where from_scheme = 'KECO' and to_scheme = 'KECO' and valid_from <= {{ as_of() }}
),

occupations as (
    select
        unnest([left(from_code, occupation_level), left(to_code, occupation_level)]) as code,
        valid_from as break_date
    from occupation_links
    where
        length(from_code) >= occupation_level
        and length(to_code) >= occupation_level
        and left(from_code, occupation_level) <> left(to_code, occupation_level)
),

divisions as (
    select
        scheme_version,
        industry_code,
        section_code,
        valid_from
    from {{ ref('dim_industry') }}
    where industry_scheme = 'KSIC' and industry_level = 2
),

industries as (
    select
        unnest([before.section_code, since.section_code]) as code,
        since.valid_from as break_date
    from {{ ref('dim_industry_crosswalk') }} as links
    inner join divisions as before
        on links.from_version = before.scheme_version and left(links.from_code, 2) = before.industry_code
    inner join divisions as since
        on links.to_version = since.scheme_version and left(links.to_code, 2) = since.industry_code
    where
        links.industry_scheme = 'KSIC'
        and links.to_scheme = 'KSIC'
        and before.section_code <> since.section_code
        and since.valid_from <= {{ as_of() }}
),

breaks as (
    select
        'region' as breakdown_type,
        region_code as code,
        break_date,
        break_reason
    from {{ ref('int_region_breaks') }}
    union
    select
        'occupation' as breakdown_type,
        code,
        break_date,
        'OCCUPATIONS_RECODED' as break_reason
    from occupations
    union
    select
        'industry' as breakdown_type,
        code,
        break_date,
        'INDUSTRIES_RECODED' as break_reason
    from industries
)

select
    breakdown_type,
    code,
    {{ month_of('break_date') }} as month_date,
    min(break_date) as break_date,
    min(break_reason) as break_reason
from breaks
group by breakdown_type, code, {{ month_of('break_date') }}
