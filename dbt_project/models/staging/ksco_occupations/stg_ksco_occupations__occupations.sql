{{ config(enabled=has_source('ksco_occupations')) }}

with

latest as (
    {{ latest_versions('ksco_occupations', key=['code']) }}
),

occupations as (
    select
        'KSCO' as occupation_scheme,
        '8' as scheme_version,
        code as occupation_code,
        level as occupation_level,
        parent as parent_code,
        name as name_ko,
        cast('2025-01-01' as date) as valid_from
    from latest
)

select {{ conformed_columns('occupations', missing=['name_en', 'description', 'valid_to']) }}
from occupations
