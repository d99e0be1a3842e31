-- Counts per stratum first: what passed is known only from audited samples, and each stratum has its own. Strata with
-- fewer than two audited passes are collapsed with their neighbour, as surveys do (Cochran 1977, 5A.12): the held and
-- the rejected, both doubted by the other algorithm. What nobody doubted has no neighbour.
with

breakdowns as (
    select
        *,
        {{ judgement_breakdowns() }}
    from {{ ref('int_judgements__labelled') }}
),

in_periods as (
    select
        *,
        unnest([strftime(month_date, '%Y-%m'), '_T']) as time_period
    from breakdowns
),

strata as (
    select
        time_period,
        judged_by,
        breakdown_type,
        breakdown_code,
        stratum,
        count(*) as judged,
        count(*) filter (where decision = 'PASS') as passed,
        count(*) filter (where decision = 'WARN') as warned,
        count(*) filter (where decision = 'HOLD') as held,
        count(*) filter (where decision = 'REJECT') as rejected,
        count(*) filter (where is_posted) as posted,
        count(*) filter (where decision in ('HOLD', 'REJECT') and is_bad) as flagged_bad,
        count(*) filter (where decision in ('HOLD', 'REJECT') and not is_bad) as flagged_good,
        count(*) filter (where decision in ('PASS', 'WARN')) as passes,
        count(*) filter (where decision in ('PASS', 'WARN') and is_bad is not null) as passes_audited,
        count(*) filter (where decision in ('PASS', 'WARN') and is_bad) as passes_bad,
        count(*) filter (where is_first_bad and is_second_bad) as both_bad,
        count(*) filter (where is_first_bad and not is_second_bad) as only_first_bad,
        count(*) filter (where is_second_bad and not is_first_bad) as only_second_bad,
        count(*) filter (where not is_first_bad and not is_second_bad) as both_good,
        count(*) filter (where score is not null) as scored
    from in_periods
    group by time_period, judged_by, breakdown_type, breakdown_code, stratum
),

-- where all were seen there is nothing to estimate, however few they are
thin as (
    select
        *,
        stratum in ('HELD', 'REJECTED') as is_doubted,
        passes_audited < least(2, passes) as is_thin,
        count(*) filter (where stratum in ('HELD', 'REJECTED') and passes > 0) over cell as doubted_strata,
        bool_or(stratum in ('HELD', 'REJECTED') and passes_audited < least(2, passes)) over cell as is_any_thin
    from strata
    window cell as (partition by time_period, judged_by, breakdown_type, breakdown_code)
),

collapsed as (
    select
        time_period,
        judged_by,
        breakdown_type,
        breakdown_code,
        {% for count in judgement_counts() %}
        sum({{ count }}) as {{ count }},
        {% endfor %}
        count(*) filter (where is_doubted and is_thin and doubted_strata = 2) as strata_collapsed
    from thin
    group by
        time_period,
        judged_by,
        breakdown_type,
        breakdown_code,
        case when is_doubted and is_any_thin then 'DOUBTED' else stratum end
),

-- where all were seen, what was missed is counted and not estimated
missed as (
    select
        *,
        cast(passes * {{ ratio('passes_bad', 'passes_audited') }} as decimal(28, 10)) as missed_estimate,
        case
            when passes_audited = passes then cast(passes_bad as decimal(28, 10))
            else cast(passes * {{ wilson('passes_bad', 'passes_audited', 'low') }} as decimal(28, 10))
        end as missed_low,
        case
            when passes_audited = passes then cast(passes_bad as decimal(28, 10))
            else cast(passes * {{ wilson('passes_bad', 'passes_audited', 'high') }} as decimal(28, 10))
        end as missed_high
    from collapsed
),

-- nothing is known of the whole while one stratum has passes and no audit
cells as (
    select
        time_period,
        judged_by,
        breakdown_type,
        breakdown_code,
        {% for count in judgement_counts() + ["strata_collapsed"] %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor %}
        {% for estimate in ["missed_estimate", "missed_low", "missed_high"] %}
        case
            when count(*) filter (where passes > 0 and passes_audited = 0) = 0 and sum(passes_audited) > 0
                then cast(sum({{ estimate }}) as decimal(28, 10))
        end as {{ estimate }},
        {% endfor %}
        cast(sum(held + rejected) as bigint) as flagged
    from missed
    group by time_period, judged_by, breakdown_type, breakdown_code
)

select * from cells
