-- Counts of performance in every breakdown and period. Breakdowns by one dimension have a row for every period, zeros
-- included; those by more dimensions only where there is something to count.
with

counts as (
    select * from {{ ref('int_performance_counts') }}
    union all by name
    select * from {{ ref('int_performance_targets') }}
    union all by name
    select * from {{ ref('int_performance_guards') }}
    union all by name
    select * from {{ ref('int_performance_outflow') }}
    union all by name
    select * from {{ ref('int_performance_neets') }}
),

periods as (
    {{ in_periods('counts') }}
),

summed as (
    {{ by_breakdown('periods', [
        "sum(numerator) as numerator",
        "sum(denominator) as denominator",
        "coalesce(sum(pending), 0) as pending",
        "coalesce(sum(excluded), 0) as excluded",
        "coalesce(sum(low_education), 0) as low_education",
        "coalesce(sum(disability), 0) as disability",
        "coalesce(sum(ui_beneficiary), 0) as ui_beneficiary",
    ]) }}
),

single as (
    select * from summed
    where breakdown_type in ('total', 'organisation_type', 'organisation', 'programme', 'client_group')
),

cells as (
    select distinct
        indicator,
        breakdown_type,
        organisation_type,
        organisation_code,
        programme_code,
        client_group
    from single
),

spans as (
    select distinct
        indicator,
        frequency,
        ref_period
    from periods
),

-- a sum that is NULL, for want of a target, stays so
filled as (
    select
        spans.frequency,
        spans.ref_period,
        cells.*,
        case when single.indicator is null then 0 else single.numerator end as numerator,
        case when single.indicator is not null then single.denominator when indicators.has_denominator then 0 end
            as denominator,
        coalesce(single.pending, 0) as pending,
        coalesce(single.excluded, 0) as excluded,
        coalesce(single.low_education, 0) as low_education,
        coalesce(single.disability, 0) as disability,
        coalesce(single.ui_beneficiary, 0) as ui_beneficiary
    from spans
    inner join cells on spans.indicator = cells.indicator
    inner join {{ ref('performance_indicators') }} as indicators on spans.indicator = indicators.indicator
    left join single
        on
            cells.indicator = single.indicator
            and spans.frequency = single.frequency
            and spans.ref_period = single.ref_period
            and cells.breakdown_type = single.breakdown_type
            and cells.organisation_type = single.organisation_type
            and cells.organisation_code = single.organisation_code
            and cells.programme_code = single.programme_code
            and cells.client_group = single.client_group
    union all by name
    select * from summed
    where breakdown_type not in ('total', 'organisation_type', 'organisation', 'programme', 'client_group')
)

select
    indicator,
    frequency,
    ref_period,
    breakdown_type,
    organisation_type,
    organisation_code,
    programme_code,
    client_group,
    cast(numerator as decimal(28, 4)) as numerator,
    cast(denominator as decimal(28, 4)) as denominator,
    cast(pending as bigint) as pending,
    cast(excluded as bigint) as excluded,
    cast(low_education as bigint) as low_education,
    cast(disability as bigint) as disability,
    cast(ui_beneficiary as bigint) as ui_beneficiary
from filled
