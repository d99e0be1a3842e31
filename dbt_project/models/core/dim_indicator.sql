with

indicators as (
    select
        indicator,
        label_ko,
        label_en,
        description_ko,
        description_en,
        numerator,
        nullif(denominator, '') as denominator,
        scale,
        unit,
        register
    from {{ ref('trend_indicators') }}
)

select * from indicators
