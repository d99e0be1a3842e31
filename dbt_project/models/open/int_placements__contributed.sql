-- Clients of employment services by quarter of the start of service and whether they were placed within six months, in
-- quarters whose window has closed for everybody: rows that add up to every cell. A client counts once a quarter as a
-- person.
with

episodes as (
    select
        episodes.episode_id,
        episodes.person_key,
        coalesce(episodes.organisation_code, '_U') as organisation_code,
        {{ quarter_of('episodes.start_date') }} as quarter_date,
        coalesce(episodes.programme_code, '_U') as programme_code,
        coalesce(episodes.client_group, '_U') as client_group,
        coalesce(described.sex, '_U') as sex,
        {{ age_group('extract(year from episodes.start_date) - described.birth_year') }} as age_group,
        case when episodes.is_placed_6m then 'PLACED' else 'NOT_PLACED' end as outcome,
        {{ quarter_of('episodes.start_date', 1) }} - 1 + 183 <= episodes.observed_until as is_closed
    from {{ ref('fct_service_episodes') }} as episodes
    inner join {{ ref('int_episodes__described') }} as described on episodes.episode_id = described.episode_id
    where not episodes.is_excluded and episodes.is_placed_6m is not null
),

quarters as (
    select distinct quarter_date from episodes
    where is_closed
    order by quarter_date desc
    limit {{ var('open_quarters') }}
),

numbered as (
    select
        episodes.*,
        row_number() over (
            partition by episodes.quarter_date, episodes.person_key
            order by episodes.episode_id
        ) as episode_order
    from episodes
    inner join quarters on episodes.quarter_date = quarters.quarter_date
),

contributed as (
    select
        {{ time_period("'Q'", 'quarter_date') }} as time_period,
        organisation_code,
        programme_code,
        client_group,
        sex,
        age_group,
        outcome,
        cast(count(*) as integer) as clients,
        cast(count(*) filter (where episode_order = 1) as integer) as persons
    from numbered
    group by quarter_date, organisation_code, programme_code, client_group, sex, age_group, outcome
)

select * from contributed
