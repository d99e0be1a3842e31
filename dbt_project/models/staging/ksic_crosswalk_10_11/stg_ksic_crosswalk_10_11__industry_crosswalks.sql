{{ config(enabled=has_source('ksic_crosswalk_10_11')) }}

with

latest as (
    {{ latest_versions('ksic_crosswalk_10_11', key=['from_code', 'to_code']) }}
),

links as (
    select
        'KSIC' as industry_scheme,
        '10' as from_version,
        from_code,
        from_name as from_name_ko,
        '11' as to_version,
        to_code
    from latest
)

select {{ conformed_columns('industry_crosswalks', missing=['to_name_ko', 'note_ko']) }}
from links
