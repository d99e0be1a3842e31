-- Every occupation code that was ever withdrawn -> the codes in force on the working day, over as many recodes as there
-- were. A withdrawn code without a stated successor leads to the code above it.
with recursive

recodes as (
    select
        from_scheme as occupation_scheme,
        from_code,
        to_code,
        valid_from,
        weight
    from {{ ref('dim_occupation_crosswalk') }}
    where from_scheme = to_scheme and from_code <> to_code and valid_from <= {{ as_of() }}
),

in_use as (
    select distinct
        occupation_scheme,
        occupation_code
    from {{ ref('dim_occupation') }}
    where is_current
),

last_versions as (
    select
        occupation_scheme,
        occupation_code,
        parent_code,
        valid_to
    from {{ ref('dim_occupation') }}
    where valid_from <= {{ as_of() }}
    qualify row_number() over (partition by occupation_scheme, occupation_code order by valid_from desc) = 1
),

withdrawn as (
    select
        occupations.occupation_scheme,
        occupations.occupation_code as from_code,
        coalesce(recodes.to_code, occupations.parent_code) as to_code,
        coalesce(recodes.valid_from, cast(occupations.valid_to + 1 as date)) as valid_from,
        coalesce(recodes.weight, cast(1 as decimal(18, 8))) as weight,
        case when recodes.to_code is null then 'parent' else 'successor' end as basis
    from last_versions as occupations
    left join in_use
        on
            occupations.occupation_scheme = in_use.occupation_scheme
            and occupations.occupation_code = in_use.occupation_code
    left join recodes
        on
            occupations.occupation_scheme = recodes.occupation_scheme
            and occupations.occupation_code = recodes.from_code
    where in_use.occupation_code is null or recodes.to_code is not null
),

steps as (
    select
        occupation_scheme,
        from_code,
        to_code,
        valid_from,
        weight,
        basis,
        1 as depth
    from withdrawn
    where to_code is not null
    union all
    select
        steps.occupation_scheme,
        steps.from_code,
        withdrawn.to_code,
        withdrawn.valid_from,
        cast(steps.weight * withdrawn.weight as decimal(18, 8)) as weight,
        case when 'parent' in (steps.basis, withdrawn.basis) then 'parent' else 'successor' end as basis,
        steps.depth + 1 as depth
    from steps
    inner join withdrawn
        on steps.occupation_scheme = withdrawn.occupation_scheme and steps.to_code = withdrawn.from_code
    where withdrawn.to_code is not null and steps.depth < 10
),

in_force as (
    select
        steps.occupation_scheme,
        steps.from_code,
        steps.to_code,
        max(steps.valid_from) as valid_from,
        sum(steps.weight) as weight,
        min(steps.basis) as basis
    from steps
    left join withdrawn
        on steps.occupation_scheme = withdrawn.occupation_scheme and steps.to_code = withdrawn.from_code
    where withdrawn.from_code is null
    group by steps.occupation_scheme, steps.from_code, steps.to_code
)

select * from in_force
