-- How well mart_occupation_employability predicts: seekers of the last six months followed, predicted from what was
-- known before they registered. All of them, by tenth of the prediction, by sex, by age and by outcome.
with

chances as (
    select
        shared.occupation_code,
        shared.firm_size,
        shared.employment_type,
        {{ shrunk_probability('shared') }} as probability
    from {{ ref('int_employability__shared') }} as shared
    where shared.purpose = 'learnt' and shared.occupation_level = 4
),

jobs as (
    select
        occupation_code,
        sum(probability) as probability
    from chances
    where firm_size <> 'NONE'
    group by occupation_code
),

-- the same for everybody: what is known without the occupation
overall as (
    select {{ ratio('count(*) filter (where firm_size <> ' ~ "'NONE'" ~ ')', 'count(*)') }} as probability
    from {{ ref('int_registrations__followed') }}
    where is_learnt
),

tested as (
    select
        followed.sex,
        followed.age_group,
        followed.firm_size,
        followed.employment_type,
        left(followed.occupation_code, 4) as occupation_code,
        jobs.probability,
        overall.probability as probability_overall,
        case when followed.firm_size <> 'NONE' then 1 else 0 end as outcome,
        ntile(10) over (order by jobs.probability, followed.seeker_reg_no) as decile
    from {{ ref('int_registrations__followed') }} as followed
    inner join jobs on left(followed.occupation_code, 4) = jobs.occupation_code
    cross join overall
    where followed.is_tested
),

-- one row per seeker and group that the seeker is in
grouped as (
    {% for breakdown, code in [("total", "'_T'"), ("decile", "cast(decile as varchar)"), ("sex", "sex"),
                               ("age_group", "age_group")] %}
    select
        '{{ breakdown }}' as breakdown_type,
        {{ code }} as breakdown_code,
        probability,
        probability_overall,
        outcome
    from tested
    union all
    {% endfor %}
    select
        'outcome' as breakdown_type,
        chances.firm_size || '_' || chances.employment_type as breakdown_code,
        chances.probability,
        cast(null as decimal(28, 10)) as probability_overall,
        case
            when tested.firm_size = chances.firm_size and tested.employment_type = chances.employment_type then 1
            else 0
        end as outcome
    from tested
    inner join chances on tested.occupation_code = chances.occupation_code
),

ranks as (
    select
        breakdown_type,
        breakdown_code,
        probability,
        sum(outcome) as employed,
        count(*) - sum(outcome) as others,
        sum(count(*) - sum(outcome)) over (
            partition by breakdown_type, breakdown_code
            order by probability
        ) as others_so_far
    from grouped
    group by breakdown_type, breakdown_code, probability
),

-- pairs of one who found a job and one who did not: in how many the first was given the higher chance; a tie is half
areas as (
    select
        breakdown_type,
        breakdown_code,
        sum(employed * (2 * others_so_far - others)) as pairs_right_twice,
        2 * sum(employed) * sum(others) as pairs_twice
    from ranks
    group by breakdown_type, breakdown_code
),

errors as (
    select
        breakdown_type,
        breakdown_code,
        count(*) as n,
        sum(outcome) as observed,
        sum(probability) as predicted,
        sum(cast((probability - outcome) * (probability - outcome) as decimal(38, 20))) as squared_error,
        sum(cast((probability_overall - outcome) * (probability_overall - outcome) as decimal(38, 20)))
            as squared_error_overall
    from grouped
    group by breakdown_type, breakdown_code
)

select
    cast(errors.breakdown_type as varchar) as breakdown_type,
    cast(errors.breakdown_code as varchar) as breakdown_code,
    cast(errors.n as bigint) as n,
    cast(errors.observed as bigint) as observed,
    cast(errors.predicted as decimal(28, 10)) as predicted,
    {{ ratio('errors.observed', 'errors.n') }} as observed_rate,
    {{ ratio('errors.predicted', 'errors.n') }} as predicted_rate,
    {{ wilson('errors.observed', 'errors.n', 'low') }} as observed_low,
    {{ wilson('errors.observed', 'errors.n', 'high') }} as observed_high,
    {{ ratio('errors.squared_error', 'errors.n') }} as brier_score,
    {{ ratio('errors.squared_error_overall', 'errors.n') }} as brier_score_overall,
    {{ ratio('areas.pairs_right_twice', 'areas.pairs_twice') }} as auc,
    cast({{ null_reasons({
        'brier_score_overall': 'no_such_chance_without_occupation',
        'auc': 'one_outcome_only',
    }) }} as varchar) as null_reason,
    {{ as_of() }} as as_of
from errors
inner join areas on errors.breakdown_type = areas.breakdown_type and errors.breakdown_code = areas.breakdown_code
