{{ config(severity='error', meta={'mart': 'mart_employment_trends_daily', 'kind': 'identity'}) }}
-- All that was received adds up to the acquisitions and losses by event date.
with

reported as (
    select
        {{ month_of('event_date') }} as month_date,
        sum(case when move = 'ACQUISITION' then change else 0 end) as acquisitions,
        sum(case when move = 'LOSS' then change else 0 end) as losses
    from {{ ref('int_insured_moves__reported') }}
    group by {{ month_of('event_date') }}
),

counted as (
    select
        month_date,
        acquisitions,
        losses
    from {{ ref('int_insured_events__monthly') }}
    where breakdown_type = 'total'
)

select
    counted.month_date,
    counted.acquisitions,
    counted.losses
from counted
left join reported on counted.month_date = reported.month_date
where
    counted.acquisitions <> coalesce(reported.acquisitions, 0)
    or counted.losses <> coalesce(reported.losses, 0)
