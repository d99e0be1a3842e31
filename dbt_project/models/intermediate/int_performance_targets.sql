-- Targets agreed for a year, with what was reached. A target of a rate weighs with those whose window has closed, so
-- that targets of several organisations or programmes add up: reached / (target x clients). Without a target, or with
-- one of 0, there is nothing to achieve: both sides are NULL and enter no sum.
with

targets as (
    select
        organisation_code,
        programme_code,
        cast(period || '-01-01' as date) as year_date,
        indicator_code,
        nullif(target_value, 0) as target_value
    from ({{ union_providers('performance_targets') }}) as agreed
    where indicator_code in ('PLACEMENTS', 'PLACEMENT_RATE')
),

-- what is reached is counted by year over all client groups
reached as (
    select
        indicator,
        organisation_code,
        programme_code,
        cast(date_trunc('year', quarter_date) as date) as year_date,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from {{ ref('int_performance_counts') }}
    where indicator in ('service_placements', 'placement_rate_6m')
    group by indicator, organisation_code, programme_code, date_trunc('year', quarter_date)
),

achieved as (
    select
        case targets.indicator_code
            when 'PLACEMENTS' then 'achievement_placements' else 'achievement_placement_rate'
        end as indicator,
        targets.organisation_code,
        targets.programme_code,
        '_N' as client_group,
        targets.year_date as quarter_date,
        case when targets.target_value is not null then coalesce(reached.numerator, 0) end as numerator,
        case targets.indicator_code
            when 'PLACEMENTS' then targets.target_value else targets.target_value * coalesce(reached.denominator, 0)
        end as denominator
    from targets
    left join reached
        on
            targets.organisation_code = reached.organisation_code
            and targets.programme_code = reached.programme_code
            and targets.year_date = reached.year_date
            and reached.indicator = case targets.indicator_code
                when 'PLACEMENTS' then 'service_placements' else 'placement_rate_6m'
            end
)

select
    indicator,
    organisation_code,
    programme_code,
    client_group,
    quarter_date,
    cast(numerator as decimal(28, 4)) as numerator,
    cast(denominator as decimal(28, 4)) as denominator
from achieved
