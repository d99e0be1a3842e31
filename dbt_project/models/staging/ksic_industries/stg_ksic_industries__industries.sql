{{ config(enabled=has_source('ksic_industries')) }}

with

latest as (
    {{ latest_versions('ksic_industries', key=['code']) }}
),

divisions as (
    select
        code,
        parent as section_code
    from latest
    where level = 2
),

industries as (
    select
        'KSIC' as industry_scheme,
        '11' as scheme_version,
        latest.code as industry_code,
        latest.level as industry_level,
        latest.parent as parent_code,
        coalesce(divisions.section_code, latest.code) as section_code,
        case
            when latest.level = 1
                then regexp_replace(
                    regexp_replace(latest.name, '\(\d{2}(~\d{2})?\)$', ''), '^([가-힣]) ([가-힣]) ?([가-힣]?)$', '\1\2\3'
                )
            else latest.name
        end as name_ko,
        cast('2024-07-01' as date) as valid_from
    from latest
    left join divisions on latest.level > 1 and left(latest.code, 2) = divisions.code
)

select {{ conformed_columns('industries', missing=['name_en', 'valid_to']) }}
from industries
