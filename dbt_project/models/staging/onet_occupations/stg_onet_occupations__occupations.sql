{{ config(enabled=has_source('onet_occupations')) }}

with

latest as (
    {{ latest_versions('onet_occupations', key=['onet_code']) }}
),

occupations as (
    select
        *,
        'ONET' as occupation_scheme,
        '29.2' as scheme_version,
        onet_code as occupation_code,
        -- digits that count: a SOC occupation has six, its details eight
        case when right(onet_code, 3) = '.00' then 6 else 8 end as occupation_level,
        case when right(onet_code, 3) <> '.00' then left(onet_code, 7) || '.00' end as parent_code,
        title as name_en,
        cast('2025-02-01' as date) as valid_from
    from latest
)

select {{ conformed_columns('occupations', missing=['name_ko', 'valid_to']) }}
from occupations
