-- Counts per stratum first: what passed is known only from audited samples, and each stratum has its own.
{% set counts = [
    "judged", "passed", "warned", "held", "rejected", "posted", "flagged_bad", "flagged_good", "passes",
    "passes_audited", "passes_bad", "both_bad", "only_first_bad", "only_second_bad", "both_good", "scored"
] %}
{% set figures = [
    "precision", "precision_low", "precision_high", "caught_estimate", "missed_estimate", "miss_rate",
    "miss_rate_low", "miss_rate_high", "recall", "recall_low", "recall_high", "f1",
    "false_positives_per_1000_posted", "hold_rate", "hold_rate_ratio", "hold_rate_ratio_low", "hold_rate_ratio_high",
    "reviewer_kappa", "score_psi"
] %}
{% set bins = range(10) %}
{% set psi_bins = [] %}
{% for bin in bins %}
{% do psi_bins.append(("sum(before.bin_" ~ bin ~ ")", "max(now.bin_" ~ bin ~ ")")) %}
{% endfor %}

with

breakdowns as (
    select
        *,
        unnest(['total', 'source', 'channel', 'region', 'employer_size']) as breakdown_type,
        unnest(['_T', source_id, channel_code, region_code, employer_size]) as breakdown_code
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
        {{ ratio('held', 'judged') }} as hold_rate,
        {{ kappa('both_bad', 'only_first_bad', 'only_second_bad', 'both_good') }} as reviewer_kappa
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

-- scores of one model only: another one ranks by another scale. A month is measured by the model of most of its scores
scores as (
    select
        time_period,
        judged_by,
        breakdown_type,
        breakdown_code,
        model,
        {% for bin in bins %}
        count(*) filter (where least(floor(score * 10), 9) = {{ bin }}) as bin_{{ bin }},
        {% endfor %}
        count(*) as scored
    from in_periods
    where score is not null and time_period <> '_T'
    group by time_period, judged_by, breakdown_type, breakdown_code, model
),

models as (
    select
        time_period,
        judged_by,
        max_by(model, (scored, model)) as model
    from scores
    where breakdown_type = 'total'
    group by time_period, judged_by
),

-- the scores of a month against those of the twelve months before
drifts as (
    select
        now.time_period,
        now.judged_by,
        now.breakdown_type,
        now.breakdown_code,
        {{ psi(psi_bins, 'sum(before.scored)', 'max(now.scored)') }} as score_psi
    from scores as now
    inner join models
        on now.time_period = models.time_period and now.judged_by = models.judged_by and now.model = models.model
    inner join scores as before
        on
            now.judged_by = before.judged_by
            and now.breakdown_type = before.breakdown_type
            and now.breakdown_code = before.breakdown_code
            and now.model = before.model
            and cast(before.time_period || '-01' as date) < cast(now.time_period || '-01' as date)
            and cast(before.time_period || '-01' as date)
            >= {{ add_months("cast(now.time_period || '-01' as date)", -12) }}
    group by now.time_period, now.judged_by, now.breakdown_type, now.breakdown_code
),

rated as (
    select
        compared.*,
        drifts.score_psi
    from compared
    left join drifts
        on
            compared.time_period = drifts.time_period
            and compared.judged_by = drifts.judged_by
            and compared.breakdown_type = drifts.breakdown_type
            and compared.breakdown_code = drifts.breakdown_code
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
        cast({{ null_reasons({
            'precision': 'no_flagged_posting_labelled',
            'recall': 'a_stratum_of_passes_is_not_audited_or_nothing_flagged_labelled',
            'f1': 'precision_or_recall_absent',
            'false_positives_per_1000_posted': 'nothing_posted_or_labelled',
            'hold_rate_ratio': 'total_or_nothing_held',
            'reviewer_kappa': 'nobody_reviewed_twice_or_no_variation',
            'score_psi': 'no_score_or_no_month_before_by_the_same_model'
        }) }} as varchar) as null_reasons,
        {{ as_of() }} as as_of
    from rated
)

select * from published
