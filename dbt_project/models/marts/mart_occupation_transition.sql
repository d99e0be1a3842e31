-- Where people go who leave an occupation: share of the jobs ended that each next occupation took. Next occupations of
-- fewer than ten persons are shown together, as their group of two digits, else of one, else as OTHER.
{%- set carried = ["country", "occupation_scheme", "person_id", "losses_from", "losses_to",
    "wage_before", "wage_after", "from_code", "to_code"] %}
with
levels as (
    {{ occupation_levels() }}
),

moves_6 as (
    select
        levels.occupation_scheme,
        moves.country,
        moves.person_id,
        moves.losses_from,
        moves.losses_to,
        moves.wage_before,
        moves.wage_after,
        left(moves.from_code, levels.occupation_level) as from_code,
        coalesce(left(moves.to_code, levels.occupation_level), 'LEFT_INSURED_EMPLOYMENT') as to_code,
        cast(null as varchar) as shown_6
    from {{ ref('int_occupation_moves') }} as moves
    cross join levels
),

{%- for digits, longer in [(4, 6), (2, 4), (1, 2)] %}
{%- set code = "case when length(moves.to_code) > 4 then moves.to_code else left(moves.to_code, " ~ digits ~ ") end" %}

-- enough persons went there, besides those whom a longer code shows
common_{{ digits }} as (
    select
        moves.country,
        moves.occupation_scheme,
        moves.from_code,
        {{ code }} as shown_code
    from moves_{{ longer }} as moves
    where moves.shown_{{ longer }} is null
    group by moves.country, moves.occupation_scheme, moves.from_code, {{ code }}
    having count(distinct moves.person_id) >= {{ var('transition_min_persons') }}
),

moves_{{ digits }} as (
    select
        {%- for column in carried %}
        moves.{{ column }},
        {%- endfor %}
        coalesce(moves.shown_{{ longer }}, common.shown_code{{ ", 'OTHER'" if loop.last }}) as shown_{{ digits }}
    from moves_{{ longer }} as moves
    left join common_{{ digits }} as common
        on
            moves.country = common.country
            and moves.occupation_scheme = common.occupation_scheme
            and moves.from_code = common.from_code
            and {{ code }} = common.shown_code
),
{%- endfor %}

shown as (
    select
        country,
        occupation_scheme,
        from_code,
        shown_1 as shown_code,
        count(distinct person_id) as persons
    from moves_1
    group by country, occupation_scheme, from_code, shown_1
),

-- OTHER alone can have fewer persons than enough: the rarest occupation shown goes in with it, or else those who left
merged as (
    select
        country,
        occupation_scheme,
        from_code,
        shown_code,
        case
            when least(persons, lag(persons, 1, persons) over (
                partition by country, occupation_scheme, from_code
                order by shown_code = 'LEFT_INSURED_EMPLOYMENT', persons, shown_code
            )) < {{ var('transition_min_persons') }} then 'OTHER'
            else shown_code
        end as published_code
    from shown
),

counted as (
    select
        moves.country,
        moves.occupation_scheme,
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
    from moves_1 as moves
    inner join merged
        on
            moves.country = merged.country
            and moves.occupation_scheme = merged.occupation_scheme
            and moves.from_code = merged.from_code
            and moves.shown_1 = merged.shown_code
    group by moves.country, moves.occupation_scheme, moves.from_code, merged.published_code
)

select
    cast(counted.country as varchar) as country,
    cast(counted.occupation_scheme as varchar) as occupation_scheme,
    cast(length(counted.from_code) as integer) as occupation_level,
    {%- for end in ["from", "to"] %}
    cast(counted.{{ end }}_code as varchar) as {{ end }}_code,
    cast({{ end }}_names.name_ko as varchar) as {{ end }}_name_ko,
    cast({{ end }}_names.name_en as varchar) as {{ end }}_name_en,
    {%- endfor %}
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
