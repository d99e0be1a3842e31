with

trends as (
    select
        indicator,
        'mart_employment_trends_monthly' as mart,
        label_ko,
        label_en,
        description_ko,
        description_en,
        numerator,
        nullif(denominator, '') as denominator,
        scale,
        unit,
        register,
        is_daily,
        is_adjusted
    from {{ ref('trend_indicators') }}
),

performance as (
    select
        indicator,
        'mart_performance' as mart,
        label_ko,
        label_en,
        description_ko,
        description_en,
        nullif(numerator, '') as numerator,
        nullif(denominator, '') as denominator,
        scale,
        unit,
        'services' as register,
        false as is_daily,
        false as is_adjusted
    from {{ ref('performance_indicators') }}
),

coaching as (
    select
        indicator,
        'mart_coaching_funnel' as mart,
        label_ko,
        label_en,
        description_ko,
        description_en,
        numerator,
        nullif(denominator, '') as denominator,
        scale,
        unit,
        'coaching' as register,
        false as is_daily,
        false as is_adjusted
    from {{ ref('coaching_indicators') }}
),

quality as (
    select
        indicator,
        'mart_source_quality_monthly' as mart,
        label_ko,
        label_en,
        description_ko,
        description_en,
        nullif(numerator, '') as numerator,
        nullif(denominator, '') as denominator,
        scale,
        unit,
        'deliveries' as register,
        false as is_daily,
        false as is_adjusted
    from {{ ref('quality_indicators') }}
),

indicators as (
    select * from trends
    union all
    select * from performance
    union all
    select * from coaching
    union all
    select * from quality
)

select * from indicators
