-- Occupations whose vacancies ask for the same skills: cosine of the shares of skills, ten nearest per occupation.
with

skills as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_level,
        occupation_code,
        skill_code,
        n,
        share,
        quality,
        as_of
    from {{ ref('mart_occupation_skill') }}
    where n >= {{ var('similar_min_n') }}
),

lengths as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_code,
        sqrt(sum(cast(share as double) * cast(share as double))) as length
    from skills
    group by scope, country, occupation_scheme, occupation_code
),

products as (
    select
        one.scope,
        one.country,
        one.occupation_scheme,
        one.occupation_level,
        one.occupation_code,
        other.occupation_code as similar_code,
        least(one.n, other.n) as n,
        count(*) as skills_shared,
        sum(cast(one.share as double) * cast(other.share as double)) as product
    from skills as one
    inner join skills as other
        on
            one.scope = other.scope
            and one.country = other.country
            and one.occupation_scheme = other.occupation_scheme
            and one.occupation_level is not distinct from other.occupation_level
            and one.skill_code = other.skill_code
            and one.occupation_code <> other.occupation_code
    group by
        one.scope, one.country, one.occupation_scheme, one.occupation_level, one.occupation_code,
        other.occupation_code, one.n, other.n
),

-- nine digits: the order of a sum of doubles is not fixed
ranked as (
    select
        products.scope,
        products.country,
        products.occupation_scheme,
        products.occupation_level,
        products.occupation_code,
        products.similar_code,
        products.n,
        products.skills_shared,
        products.product,
        cast(round(products.product / (lengths.length * others.length), 9) as decimal(18, 9)) as similarity,
        row_number() over (
            partition by products.scope, products.country, products.occupation_scheme, products.occupation_code
            order by round(products.product / (lengths.length * others.length), 9) desc, products.similar_code asc
        ) as similarity_rank
    from products
    inner join lengths
        on
            products.scope = lengths.scope
            and products.country = lengths.country
            and products.occupation_scheme = lengths.occupation_scheme
            and products.occupation_code = lengths.occupation_code
    inner join lengths as others
        on
            products.scope = others.scope
            and products.country = others.country
            and products.occupation_scheme = others.occupation_scheme
            and products.similar_code = others.occupation_code
)

select
    cast(ranked.scope as varchar) as scope,
    cast(ranked.country as varchar) as country,
    cast(ranked.occupation_scheme as varchar) as occupation_scheme,
    cast(ranked.occupation_level as integer) as occupation_level,
    cast(ranked.occupation_code as varchar) as occupation_code,
    cast(ranked.similar_code as varchar) as similar_code,
    cast(names.name_ko as varchar) as similar_name_ko,
    cast(names.name_en as varchar) as similar_name_en,
    ranked.similarity,
    cast(ranked.similarity_rank as integer) as similarity_rank,
    cast(ranked.skills_shared as bigint) as skills_shared,
    cast(ranked.n as bigint) as n,
    {{ quality('ranked.n') }} as quality,
    {{ as_of() }} as as_of
from ranked
left join {{ ref('dim_occupation') }} as names
    on
        ranked.occupation_scheme = names.occupation_scheme
        and ranked.similar_code = names.occupation_code
        and names.is_current
where ranked.similarity_rank <= 10
