-- Where people go who leave an occupation: share of the jobs ended that each next occupation took. Paths of fewer than
-- ten persons are one path, OTHER; when OTHER itself would hold fewer, the rarest other path goes in with them.
with

levels as (
    {{ occupation_levels() }}
),

moves as (
    select
        levels.occupation_scheme,
        levels.occupation_level,
        moves.country,
        moves.person_id,
        moves.losses_from,
        moves.losses_to,
        moves.wage_before,
        moves.wage_after,
        left(moves.from_code, levels.occupation_level) as from_code,
        coalesce(left(moves.to_code, levels.occupation_level), 'LEFT_INSURED_EMPLOYMENT') as to_code
    from {{ ref('int_occupation_moves') }} as moves
    cross join levels
),

paths as (
    select
        country,
        occupation_scheme,
        occupation_level,
        from_code,
        to_code,
        count(distinct person_id) as persons
    from moves
    group by country, occupation_scheme, occupation_level, from_code, to_code
),

-- persons of the rarer paths; a person on two of them counts twice, which only merges more
ranked as (
    select
        country,
        occupation_scheme,
        occupation_level,
        from_code,
        to_code,
        persons,
        coalesce(
            sum(persons) over (
                partition by country, occupation_scheme, from_code
                order by persons, to_code
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as persons_rarer
    from paths
),

merged as (
    select
        country,
        occupation_scheme,
        from_code,
        to_code,
        case
            when
                persons < {{ var('transition_min_persons') }}
                or persons_rarer between 1 and {{ var('transition_min_persons') - 1 }}
                then 'OTHER'
            else to_code
        end as published_code
    from ranked
),

counted as (
    select
        moves.country,
        moves.occupation_scheme,
        moves.occupation_level,
        moves.from_code,
        merged.published_code as to_code,
        count(*) as n,
        count(distinct moves.person_id) as persons,
        count(distinct moves.to_code) as paths,
        sum(count(*)) over (partition by moves.country, moves.occupation_scheme, moves.from_code) as n_from,
        any_value(moves.losses_from) as losses_from,
        any_value(moves.losses_to) as losses_to,
        count(moves.wage_after / moves.wage_before) as wage_n,
        {{ quantile_type7('moves.wage_before', 0.50) }} as wage_before_p50,
        {{ quantile_type7('moves.wage_after', 0.50) }} as wage_after_p50,
        {{ quantile_type7('100.0 * moves.wage_after / moves.wage_before - 100', 0.50) }} as wage_change_p50
    from moves
    inner join merged
        on
            moves.country = merged.country
            and moves.occupation_scheme = merged.occupation_scheme
            and moves.from_code = merged.from_code
            and moves.to_code = merged.to_code
    group by moves.country, moves.occupation_scheme, moves.occupation_level, moves.from_code, merged.published_code
)

select
    cast(counted.country as varchar) as country,
    cast(counted.occupation_scheme as varchar) as occupation_scheme,
    cast(counted.occupation_level as integer) as occupation_level,
    cast(counted.from_code as varchar) as from_code,
    cast(from_names.name_ko as varchar) as from_name_ko,
    cast(from_names.name_en as varchar) as from_name_en,
    cast(counted.to_code as varchar) as to_code,
    cast(to_names.name_ko as varchar) as to_name_ko,
    cast(to_names.name_en as varchar) as to_name_en,
    -- an occupation that fewer than ten persons left only says so
    cast(case when counted.persons >= {{ var('transition_min_persons') }} then counted.n end as bigint) as n,
    cast(case when counted.persons >= {{ var('transition_min_persons') }} then counted.n_from end as bigint)
        as n_from,
    {{ ratio('counted.n', 'counted.n_from') }} as share,
    cast(counted.paths as bigint) as paths,
    {%- for wage in ["wage_before_p50", "wage_after_p50", "wage_change_p50"] %}
    case when counted.wage_n >= {{ var('transition_min_persons') }} then counted.{{ wage }} end as {{ wage }},
    {%- endfor %}
    cast(
        case
            when counted.to_code = 'LEFT_INSURED_EMPLOYMENT' then 'no_next_job'
            when counted.wage_n < {{ var('transition_min_persons') }} then 'few_wages'
        end as varchar
    ) as wage_null_reason,
    {{ quality('counted.n_from') }} as quality,
    cast(counted.losses_from as date) as losses_from,
    cast(counted.losses_to as date) as losses_to,
    {{ as_of() }} as as_of
from counted
left join {{ ref('dim_occupation') }} as from_names
    on
        counted.occupation_scheme = from_names.occupation_scheme
        and counted.from_code = from_names.occupation_code
        and from_names.is_current
left join {{ ref('dim_occupation') }} as to_names
    on
        counted.occupation_scheme = to_names.occupation_scheme
        and counted.to_code = to_names.occupation_code
        and to_names.is_current
