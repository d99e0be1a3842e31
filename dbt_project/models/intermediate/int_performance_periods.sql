-- In which periods each indicator of performance is counted: quarters (Q), calendar years (A), programme years (PY).
with

periods as (
    select
        indicator,
        unnest(string_split(frequencies, ' ')) as frequency,
        shift_months
    from {{ ref('performance_indicators') }}
)

select * from periods
