-- Where the occupations of vacancies come from, and how many titles were left to a person.
{% set bases = ["source", "corrected", "listed", "model", "abstained", "uncoded"] %}

with

vacancies as (
    select
        coalesce(submission_source_id, posting_source_id) as source_id,
        strftime(registered_date, '%Y-%m') as month,
        occupation_basis,
        occupation_confidence
    from {{ ref('fct_vacancies') }}
    where registered_date <= {{ as_of() }}
),

in_periods as (
    select
        source_id,
        month,
        occupation_basis,
        occupation_confidence,
        unnest([month, '_T']) as time_period
    from vacancies
),

counted as (
    select
        time_period,
        source_id,
        count(*) as vacancies,
        {% for basis in bases %}
        count(*) filter (where occupation_basis = '{{ basis }}') as by_{{ basis }},
        {% endfor %}
        -- what the confidences of the coded add up to: as many of them should be right
        sum(cast(occupation_confidence as decimal(9, 6))) filter (where occupation_basis = 'model') as expected_right
    from in_periods
    group by time_period, source_id
),

summed as (
    select
        time_period,
        source_id,
        vacancies,
        by_source,
        by_corrected,
        by_listed,
        by_model,
        by_abstained,
        by_uncoded,
        expected_right,
        vacancies - by_source as asked,
        by_corrected + by_listed + by_model as coded
    from counted
)

select
    cast(time_period as varchar) as time_period,
    cast(source_id as varchar) as source_id,
    cast(vacancies as bigint) as vacancies,
    {% for basis in bases %}
    cast(by_{{ basis }} as bigint) as by_{{ basis }},
    {% endfor %}
    cast(asked as bigint) as asked,
    cast(coded as bigint) as coded,
    {{ ratio('coded', 'asked') }} as coded_share,
    {{ ratio('by_abstained', 'asked') }} as abstained_share,
    cast(expected_right as decimal(28, 10)) as expected_right,
    {{ ratio('expected_right', 'by_model') }} as mean_confidence,
    {{ as_of() }} as as_of
from summed
