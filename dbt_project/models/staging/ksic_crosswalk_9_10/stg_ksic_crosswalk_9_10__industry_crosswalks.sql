{{ config(enabled=has_source('ksic_crosswalk_9_10')) }}

with

latest as (
    {{ latest_versions('ksic_crosswalk_9_10', key=['from_code', 'to_code']) }}
),

links as (
    select
        'KSIC' as industry_scheme,
        '9' as from_version,
        from_code,
        from_name as from_name_ko,
        '10' as to_version,
        to_code,
        to_name as to_name_ko,
        note as note_ko
    from latest
)

select {{ conformed_columns('industry_crosswalks') }}
from links
