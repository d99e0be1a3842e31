with

regions as (
    select
        region_code,
        sido_code,
        'SIGUNGU' as region_level,
        name_ko,
        name_en,
        valid_from,
        valid_to
    from {{ ref('regions') }}
    union all
    select
        sido_code as region_code,
        sido_code,
        'SIDO' as region_level,
        name_ko,
        name_en,
        valid_from,
        valid_to
    from {{ ref('sidos') }}
),

dated as (
    select
        region_code,
        sido_code,
        region_level,
        name_ko,
        name_en,
        valid_from,
        valid_to,
        {{ in_force() }} as is_current
    from regions
)

select * from dated
