-- How far the scores of a month have shifted from those of the twelve months before (PSI over ten bins).
{% set bins = range(10) %}
{% set psi_bins = [] %}
{% for bin in bins %}
{% do psi_bins.append(("sum(before.bin_" ~ bin ~ ")", "max(now.bin_" ~ bin ~ ")")) %}
{% endfor %}

with

breakdowns as (
    select
        *,
        {{ judgement_breakdowns() }}
    from {{ ref('int_judgements__labelled') }}
),

-- scores of one model only: another one ranks by another scale. A month is measured by the model of most of its scores
scores as (
    select
        strftime(month_date, '%Y-%m') as time_period,
        judged_by,
        breakdown_type,
        breakdown_code,
        model,
        {% for bin in bins %}
        count(*) filter (where least(floor(score * 10), 9) = {{ bin }}) as bin_{{ bin }},
        {% endfor %}
        count(*) as scored
    from breakdowns
    where score is not null
    group by month_date, judged_by, breakdown_type, breakdown_code, model
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
)

select * from drifts
