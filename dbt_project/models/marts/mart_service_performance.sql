with

episodes as (
    select
        organisation_code,
        programme_code,
        cast({{ dbt.date_trunc('quarter', 'start_date') }} as date) as quarter_date,
        is_window_closed,
        is_lag_closed,
        is_excluded,
        is_placed_6m,
        coalesce(cost_krw, 0) as cost_krw
    from {{ ref('fct_service_episodes') }}
    where {{ has_entity('service_episodes') and has_entity('insurance_events') }}
),

quarters as (
    select distinct quarter_date from episodes
),

cells as (
    select distinct
        organisation_code,
        programme_code
    from episodes
),

counted as (
    select
        organisation_code,
        programme_code,
        quarter_date,
        count(*) as episodes,
        count(*) filter (where not is_window_closed) as episodes_open_window,
        count(*) filter (where is_window_closed and is_excluded) as episodes_excluded,
        count(*) filter (where is_window_closed and not is_excluded) as clients,
        count(*) filter (where is_window_closed and not is_excluded and not is_lag_closed) as clients_lag_open,
        count(*) filter (where is_window_closed and not is_excluded and is_placed_6m) as placed_6m,
        sum(cost_krw) filter (where is_window_closed and not is_excluded) as cost_krw
    from episodes
    group by organisation_code, programme_code, quarter_date
),

filled as (
    select
        cells.organisation_code,
        cells.programme_code,
        quarters.quarter_date,
        coalesce(counted.episodes, 0) as episodes,
        coalesce(counted.episodes_open_window, 0) as episodes_open_window,
        coalesce(counted.episodes_excluded, 0) as episodes_excluded,
        coalesce(counted.clients, 0) as clients,
        coalesce(counted.clients_lag_open, 0) as clients_lag_open,
        coalesce(counted.placed_6m, 0) as placed_6m,
        coalesce(counted.cost_krw, 0) as cost_krw
    from cells
    cross join quarters
    left join counted
        on
            cells.organisation_code = counted.organisation_code
            and cells.programme_code = counted.programme_code
            and quarters.quarter_date = counted.quarter_date
),

with_totals as (
    select
        coalesce(organisation_code, '_T') as organisation_code,
        coalesce(programme_code, '_T') as programme_code,
        quarter_date,
        sum(episodes) as episodes,
        sum(episodes_open_window) as episodes_open_window,
        sum(episodes_excluded) as episodes_excluded,
        sum(clients) as clients,
        sum(clients_lag_open) as clients_lag_open,
        sum(placed_6m) as placed_6m,
        sum(cost_krw) as cost_krw
    from filled
    group by grouping sets (
        (organisation_code, programme_code, quarter_date),
        (organisation_code, quarter_date),
        (organisation_code, programme_code),
        (organisation_code),
        (quarter_date)
    )
),

published as (
    select
        cast(totals.quarter_date as date) as ref_period,
        cast(
            coalesce(
                extract(year from totals.quarter_date) || '-Q' || extract(quarter from totals.quarter_date), '_T'
            ) as varchar
        ) as time_period,
        cast(totals.organisation_code as varchar) as organisation_code,
        cast(organisations.name_ko as varchar) as organisation_name_ko,
        cast(organisations.name_en as varchar) as organisation_name_en,
        cast(organisations.organisation_type as varchar) as organisation_type,
        cast(totals.programme_code as varchar) as programme_code,
        cast(totals.episodes as bigint) as episodes,
        cast(totals.episodes_open_window as bigint) as episodes_open_window,
        cast(totals.episodes_excluded as bigint) as episodes_excluded,
        cast(totals.clients as bigint) as clients,
        cast(totals.placed_6m as bigint) as placed_6m,
        {{ ratio('totals.placed_6m', 'totals.clients') }} as placement_rate,
        cast(totals.cost_krw as decimal(28, 0)) as cost_krw,
        {{ ratio('totals.cost_krw', 'totals.placed_6m') }} as cost_per_placement_krw,
        cast({{ null_reason('totals.clients') }} as varchar) as placement_rate_null_reason,
        cast(totals.clients_lag_open = 0 as boolean) as is_lag_closed,
        cast(case when totals.episodes_open_window + totals.clients_lag_open > 0 then 'P' else 'F' end as varchar)
            as status,
        {{ as_of() }} as as_of
    from with_totals as totals
    left join {{ ref('dim_organisation') }} as organisations
        on totals.organisation_code = organisations.organisation_code
)

select * from published
