-- Episodes of service with the first insured job within six months (183 days) after their start.
with

episodes as (
    {{ union_providers('service_episodes') }}
),

acquisitions as (
    select
        person_key,
        acquisition_date
    from {{ ref('fct_insured_spells') }}
    where is_headline
),

placements as (
    select
        episodes.episode_id,
        min(acquisitions.acquisition_date) as placed_on
    from episodes
    inner join acquisitions
        on
            episodes.person_key = acquisitions.person_key
            and episodes.start_date < acquisitions.acquisition_date
            and episodes.start_date + 183 >= acquisitions.acquisition_date
    group by episodes.episode_id
),

outcomes as (
    select
        episodes.*,
        placements.placed_on,
        placements.placed_on is not null as is_placed_6m,
        episodes.start_date + 183 as window_end_date,
        -- the working day itself has not passed, and what happened on it is not known yet
        episodes.start_date + 183 < {{ as_of() }} as is_window_closed,
        {{ reports_in(month_of('episodes.start_date + 183')) }} <= {{ as_of() }} as is_lag_closed,
        coalesce(episodes.exit_reason in ('DEATH', 'MILITARY', 'LONG_ILLNESS', 'EMIGRATION'), false) as is_excluded
    from episodes
    left join placements on episodes.episode_id = placements.episode_id
)

select * from outcomes
