-- Every code ever used -> the codes in force on the working day, with weights that sum to one per code.
with recursive

steps as (
    select
        region_code as from_code,
        region_code as to_code,
        cast(1 as decimal(18, 8)) as weight,
        0 as depth
    from {{ ref('regions') }}
    union all
    select
        steps.from_code,
        crosswalk.to_code,
        cast(steps.weight * crosswalk.weight as decimal(18, 8)) as weight,
        steps.depth + 1 as depth
    from steps
    inner join {{ ref('region_crosswalk') }} as crosswalk on steps.to_code = crosswalk.from_code
    where crosswalk.valid_from <= {{ as_of() }} and steps.depth < 10
),

in_force as (
    select
        steps.from_code as region_code,
        steps.to_code as current_region_code,
        left(steps.to_code, 2) as current_sido_code,
        steps.weight
    from steps
    left join {{ ref('region_crosswalk') }} as later
        on steps.to_code = later.from_code and later.valid_from <= {{ as_of() }}
    where later.from_code is null
)

select * from in_force
