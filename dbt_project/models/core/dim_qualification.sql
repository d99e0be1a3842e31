-- Qualifications as named today.
with

providers as (
    {{ union_providers('qualifications') }}
),

latest as (
    select
        qualification_code,
        name_ko,
        kind_code,
        series_code,
        series_name,
        field_code,
        field_name,
        source_id
    from providers
    qualify row_number() over (partition by qualification_code order by source_id) = 1
)

select * from latest
