{{ config(enabled=has_source('dictionary_titles')) }}

with

latest as (
    {{ latest_versions(
        'dictionary_titles',
        key=['keco_code', 'title'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
),

titles as (
    select
        'KECO' as occupation_scheme,
        keco_code as occupation_code,
        'ko' as language,
        title,
        '' as short_title
    from latest
)

select {{ conformed_columns('occupation_titles', missing=['title_sources']) }}
from titles
