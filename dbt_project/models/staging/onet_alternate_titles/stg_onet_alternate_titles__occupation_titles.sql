{{ config(enabled=has_source('onet_alternate_titles')) }}

with

latest as (
    {{ latest_versions('onet_alternate_titles', key=['onet_code', 'alternate_title', 'short_title']) }}
),

titles as (
    select
        'ONET' as occupation_scheme,
        onet_code as occupation_code,
        'en' as language,
        alternate_title as title,
        case when short_title = 'n/a' then '' else short_title end as short_title,
        title_sources
    from latest
)

select {{ conformed_columns('occupation_titles') }}
from titles
