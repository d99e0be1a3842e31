-- Counts per stratum first: what passed is known only from audited samples, and each stratum has its own.
{% set counts = [
    "judged", "passed", "warned", "held", "rejected", "posted", "flagged_bad", "flagged_good", "passes",
    "passes_audited", "passes_bad"
] %}
{% set figures = [
    "precision", "precision_low", "precision_high", "caught_estimate", "missed_estimate", "miss_rate",
    "miss_rate_low", "miss_rate_high", "recall", "recall_low", "recall_high", "f1",
    "false_positives_per_1000_posted", "hold_rate", "hold_rate_ratio", "hold_rate_ratio_low", "hold_rate_ratio_high"
] %}

with

breakdowns as (
    select
        *,
        unnest(['total', 'channel', 'region', 'employer_size']) as breakdown_type,
        unnest(['_T', channel_code, region_code, employer_size]) as breakdown_code
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
        count(*) filter (where decision in ('PASS', 'WARN') and is_bad) as passes_bad
    from in_periods
    group by time_period, judged_by, breakdown_type, breakdown_code, stratum
),

missed as (
    select
        *,
        cast(passes * {{ ratio('passes_bad', 'passes_audited') }} as decimal(28, 10)) as missed_estimate,
        cast(passes * {{ wilson('passes_bad', 'passes_audited', 'low') }} as decimal(28, 10)) as missed_low,
        cast(passes * {{ wilson('passes_bad', 'passes_audited', 'high') }} as decimal(28, 10)) as missed_high
    from strata
),

-- nothing is known of the whole while one stratum has passes and no audit
cells as (
    select
        time_period,
        judged_by,
        breakdown_type,
        breakdown_code,
        {% for count in counts %}
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
),

measured as (
    select
        *,
        cast(flagged_bad + flagged_good as bigint) as flagged_labelled,
        {{ ratio('flagged_bad', '(flagged_bad + flagged_good)') }} as precision,
        {{ wilson('flagged_bad', '(flagged_bad + flagged_good)', 'low') }} as precision_low,
        {{ wilson('flagged_bad', '(flagged_bad + flagged_good)', 'high') }} as precision_high,
        -- flagged ones without a label are bad as often as those with one
        cast(flagged * {{ ratio('flagged_bad', '(flagged_bad + flagged_good)') }} as decimal(28, 10)) as caught_estimate
    from cells
),

recalled as (
    select
        *,
        {{ ratio('missed_estimate', 'passes') }} as miss_rate,
        {{ ratio('missed_low', 'passes') }} as miss_rate_low,
        {{ ratio('missed_high', 'passes') }} as miss_rate_high,
        {{ ratio('caught_estimate', '(caught_estimate + missed_estimate)') }} as recall,
        {{ ratio('caught_estimate', '(caught_estimate + missed_high)') }} as recall_low,
        {{ ratio('caught_estimate', '(caught_estimate + missed_low)') }} as recall_high,
        {{ ratio('1000 * (flagged - caught_estimate)', 'posted') }} as false_positives_per_1000_posted,
        {{ ratio('held', 'judged') }} as hold_rate
    from measured
),

-- every cell beside the whole of its period
compared as (
    select
        cells.*,
        {{ ratio('2 * cells.precision * cells.recall', '(cells.precision + cells.recall)') }} as f1,
        case
            when cells.breakdown_type <> 'total'
                then {{ ratio('cells.held * whole.judged', '(cells.judged * whole.held)') }}
        end as hold_rate_ratio,
        case
            when cells.breakdown_type <> 'total'
                then {{ ratio_bound('cells.held', 'cells.judged', 'whole.held', 'whole.judged', 'low') }}
        end as hold_rate_ratio_low,
        case
            when cells.breakdown_type <> 'total'
                then {{ ratio_bound('cells.held', 'cells.judged', 'whole.held', 'whole.judged', 'high') }}
        end as hold_rate_ratio_high
    from recalled as cells
    inner join recalled as whole
        on
            cells.time_period = whole.time_period
            and cells.judged_by = whole.judged_by
            and whole.breakdown_type = 'total'
),

-- the decisions of a month against those of the twelve months before
earlier as (
    select
        now.time_period,
        now.judged_by,
        now.breakdown_type,
        {% for count in ["judged", "passed", "warned", "held", "rejected"] %}
        sum(before.{{ count }}) as {{ count }},
        {% endfor %}
        now.breakdown_code
    from cells as now
    inner join cells as before
        on
            now.judged_by = before.judged_by
            and now.breakdown_type = before.breakdown_type
            and now.breakdown_code = before.breakdown_code
            and before.time_period <> '_T'
            and cast(before.time_period || '-01' as date) < cast(now.time_period || '-01' as date)
            and cast(before.time_period || '-01' as date)
            >= {{ add_months("cast(now.time_period || '-01' as date)", -12) }}
    where now.time_period <> '_T'
    group by now.time_period, now.judged_by, now.breakdown_type, now.breakdown_code
),

rated as (
    select
        compared.*,
        {{ psi([
            ('earlier.passed', 'compared.passed'), ('earlier.warned', 'compared.warned'),
            ('earlier.held', 'compared.held'), ('earlier.rejected', 'compared.rejected')
        ], 'earlier.judged', 'compared.judged') }} as decision_psi
    from compared
    left join earlier
        on
            compared.time_period = earlier.time_period
            and compared.judged_by = earlier.judged_by
            and compared.breakdown_type = earlier.breakdown_type
            and compared.breakdown_code = earlier.breakdown_code
),

published as (
    select
        cast(time_period as varchar) as time_period,
        cast(judged_by as varchar) as judged_by,
        cast(breakdown_type as varchar) as breakdown_type,
        cast(breakdown_code as varchar) as breakdown_code,
        {% for count in counts + ["flagged", "flagged_labelled"] %}
        cast({{ count }} as bigint) as {{ count }},
        {% endfor %}
        {% for figure in figures %}
        cast({{ figure }} as decimal(28, 10)) as {{ figure }},
        {% endfor %}
        cast(hold_rate_ratio_low > 1.25 or hold_rate_ratio_high < 0.8 as boolean) as is_hold_rate_uneven,
        cast(decision_psi as decimal(28, 10)) as decision_psi,
        cast({{ null_reasons({
            'precision': 'no_flagged_posting_labelled',
            'recall': 'a_stratum_of_passes_is_not_audited_or_nothing_flagged_labelled',
            'f1': 'precision_or_recall_absent',
            'false_positives_per_1000_posted': 'nothing_posted_or_labelled',
            'hold_rate_ratio': 'total_or_nothing_held',
            'decision_psi': 'no_month_before'
        }) }} as varchar) as null_reasons,
        {{ as_of() }} as as_of
    from rated
)

select * from published
