-- Organisations in every version that was delivered; a version ends when the next begins.
with

organisations as (
    {{ union_providers('organisations') }}
),

versions as (
    select
        *,
        cast(lead(valid_from) over (partition by organisation_code order by valid_from) - 1 as date) as superseded_on
    from organisations
    qualify row_number() over (partition by organisation_code, valid_from order by source_id) = 1
),

dated as (
    select
        organisation_code,
        name_ko,
        name_en,
        organisation_type,
        region_code,
        valid_from,
        least(valid_to, superseded_on) as valid_to,
        source_id,
        coalesce(
            valid_from = max(case when valid_from <= {{ as_of() }} then valid_from end)
                over (partition by organisation_code),
            false
        ) as is_latest
    from versions
),

organisations_in_force as (
    select
        *,
        {{ in_force() }} as is_current
    from dated
)

select * from organisations_in_force
