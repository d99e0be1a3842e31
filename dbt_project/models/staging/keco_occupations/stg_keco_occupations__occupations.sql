{{ config(enabled=has_source('keco_occupations')) }}

with

latest as (
    {{ latest_versions('keco_occupations', key=['code']) }}
),

occupations as (
    select
        'KECO' as occupation_scheme,
        '2025' as scheme_version,
        code as occupation_code,
        level as occupation_level,
        parent as parent_code,
        name as name_ko,
        cast('2025-01-01' as date) as valid_from
    from latest
)

select {{ conformed_columns('occupations', missing=['name_en', 'description', 'valid_to']) }}
from occupations
