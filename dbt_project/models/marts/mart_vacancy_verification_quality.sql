{% set keys = ["time_period", "judged_by", "breakdown_type", "breakdown_code"] %}
{% set counted = judgement_counts() + ["strata_collapsed", "flagged"] %}
{% set counts = counted + ["flagged_labelled"] %}
{% set measured = ["precision", "precision_low", "precision_high", "caught_estimate", "missed_estimate"] %}
{% set recalled = [
    "miss_rate", "miss_rate_low", "miss_rate_high", "recall", "recall_low", "recall_high",
    "false_positives_per_1000_posted", "hold_rate", "reviewer_kappa"
] %}
{% set figures = [
    "precision", "precision_low", "precision_high", "caught_estimate", "missed_estimate", "miss_rate",
    "miss_rate_low", "miss_rate_high", "recall", "recall_low", "recall_high", "f1",
    "false_positives_per_1000_posted", "hold_rate", "hold_rate_ratio", "hold_rate_ratio_low", "hold_rate_ratio_high",
    "reviewer_kappa", "score_psi"
] %}

with

measured as (
    select
        {{ (keys + counted + ["missed_estimate", "missed_low", "missed_high"]) | join(", ") }},
        cast(flagged_bad + flagged_good as bigint) as flagged_labelled,
        {{ ratio('flagged_bad', '(flagged_bad + flagged_good)') }} as precision,
        {{ wilson('flagged_bad', '(flagged_bad + flagged_good)', 'low') }} as precision_low,
        {{ wilson('flagged_bad', '(flagged_bad + flagged_good)', 'high') }} as precision_high,
        -- flagged ones without a label are bad as often as those with one
        cast(flagged * {{ ratio('flagged_bad', '(flagged_bad + flagged_good)') }} as decimal(28, 10)) as caught_estimate
    from {{ ref('int_judgements__counted') }}
),

recalled as (
    select
        {{ (keys + counts + measured) | join(", ") }},
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
        {% for column in keys + counts + measured + recalled %}
        cells.{{ column }},
        {% endfor %}
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
)

select
    cast(compared.time_period as varchar) as time_period,
    cast(compared.judged_by as varchar) as judged_by,
    cast(compared.breakdown_type as varchar) as breakdown_type,
    cast(compared.breakdown_code as varchar) as breakdown_code,
    {% for count in counts %}
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
from compared
left join {{ ref('int_scores__drifted') }} as drifts
    on
        compared.time_period = drifts.time_period
        and compared.judged_by = drifts.judged_by
        and compared.breakdown_type = drifts.breakdown_type
        and compared.breakdown_code = drifts.breakdown_code
