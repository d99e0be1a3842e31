{% set horizons = [1, 3, 6, 11] %}
with

vintages as (
    select
        ref_period,
        indicator,
        region_code,
        revision_no,
        value,
        as_of
    from {{ ref('mart_employment_vintages') }}
),

horizons (months_after) as (
    values ({{ horizons | join('), (') }})
),

-- the last months that are as old
revised as (
    select
        later.indicator,
        later.region_code,
        later.revision_no as months_after,
        later.ref_period,
        first_ones.value as value_first,
        later.value as value_later,
        row_number() over (
            partition by later.indicator, later.region_code, later.revision_no
            order by later.ref_period desc
        ) as recency
    from vintages as later
    inner join horizons on later.revision_no = horizons.months_after
    inner join vintages as first_ones
        on
            later.indicator = first_ones.indicator
            and later.region_code = first_ones.region_code
            and later.ref_period = first_ones.ref_period
            and first_ones.revision_no = 0
),

measured as (
    select
        indicator,
        region_code,
        months_after,
        count(*) as months,
        min(ref_period) as first_period,
        max(ref_period) as last_period,
        sum(value_later - value_first) as revision_sum,
        sum(abs(value_later - value_first)) as absolute_revision_sum,
        sum(abs(value_later)) as later_sum
    from revised
    where recency <= {{ var('revision_months') }}
    group by indicator, region_code, months_after
)

select
    cast(indicator as varchar) as indicator,
    cast(region_code as varchar) as region_code,
    cast(months_after as integer) as months_after,
    cast(months as integer) as months,
    cast(first_period as date) as first_period,
    cast(last_period as date) as last_period,
    cast(revision_sum as decimal(18, 4)) as revision_sum,
    cast(absolute_revision_sum as decimal(18, 4)) as absolute_revision_sum,
    cast(later_sum as decimal(18, 4)) as later_sum,
    {{ ratio('revision_sum', 'months') }} as mean_revision,
    {{ ratio('absolute_revision_sum', 'months') }} as mean_absolute_revision,
    {{ ratio('absolute_revision_sum', 'later_sum') }} as relative_mean_absolute_revision,
    {{ as_of() }} as as_of,
    cast({{ null_reason('later_sum') }} as varchar) as null_reason
from measured
