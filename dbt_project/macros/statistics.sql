{# Statistics of the verification. Each takes SQL expressions and gives ten digits, or NULL when it is not defined. #}

{# One bound of the Wilson score interval of k out of n (Wilson 1927); `side` is 'low' or 'high'. z is of the normal
   distribution: 1.96 covers 95 %. Holds for a k that is an estimate, too. #}
{% macro wilson(k, n, side, z=1.96) -%}
    {%- set half -%}
        {{ z }} * sqrt(greatest(
            cast({{ k }} as double) * (cast({{ n }} as double) - {{ k }}) / nullif({{ n }}, 0) + {{ z * z / 4 }}, 0
        ))
    {%- endset -%}
    cast(round(
        (cast({{ k }} as double) + {{ z * z / 2 }} {{ "-" if side == "low" else "+" }} {{ half }})
        / nullif(case when {{ n }} > 0 then cast({{ n }} as double) + {{ z * z }} end, 0), 10
    ) as decimal(28, 10))
{%- endmacro %}

{# Cohen's kappa of two reviewers: both say bad (a), only the first (b), only the second (c), neither (d). Both sides of
   the quotient are whole numbers. #}
{% macro kappa(a, b, c, d) -%}
    {%- set n = "(" ~ a ~ " + " ~ b ~ " + " ~ c ~ " + " ~ d ~ ")" -%}
    {%- set chance -%}
        (({{ a }} + {{ b }}) * ({{ a }} + {{ c }}) + ({{ c }} + {{ d }}) * ({{ b }} + {{ d }}))
    {%- endset -%}
    {{ ratio("(" ~ n ~ " * (" ~ a ~ " + " ~ d ~ ") - " ~ chance ~ ")", "(" ~ n ~ " * " ~ n ~ " - " ~ chance ~ ")") }}
{%- endmacro %}

{# Population stability index of two distributions, given as pairs of counts (before, now) and their totals. A share of
   zero counts as one in ten thousand: its logarithm does not exist. #}
{% macro psi(pairs, before_total, now_total) -%}
    case
        when {{ before_total }} > 0 and {{ now_total }} > 0
            then cast(round(
                {%- for before, now in pairs %}
                {%- set e = "greatest(cast(" ~ before ~ " as double) / nullif(" ~ before_total ~ ", 0), 0.0001)" %}
                {%- set a = "greatest(cast(" ~ now ~ " as double) / nullif(" ~ now_total ~ ", 0), 0.0001)" %}
                {{ "+ " if not loop.first }}({{ a }} - {{ e }}) * ln({{ a }} / {{ e }})
                {%- endfor %}, 10
            ) as decimal(28, 10))
    end
{%- endmacro %}

{# Kaplan-Meier curve of durations: `relation` needs `keys`, duration and is_event (false: still going on, censored). One
   row per group and duration with the share that lasts longer. #}
{% macro kaplan_meier(relation, keys) -%}
    select
        {{ keys | join(", ") }},
        duration,
        events,
        ended,
        at_risk,
        cast(round(
            product(1 - cast(events as double) / at_risk) over (
                partition by {{ keys | join(", ") }}
                order by duration
                rows between unbounded preceding and current row
            ), 10
        ) as decimal(18, 10)) as survival
    from (
        select
            *,
            sum(ended) over (
                partition by {{ keys | join(", ") }}
                order by duration desc
                rows between unbounded preceding and current row
            ) as at_risk
        from (
            select
                {{ keys | join(", ") }},
                duration,
                count(*) as ended,
                count(*) filter (where is_event) as events
            from {{ relation }}
            group by {{ keys | join(", ") }}, duration
        ) as durations
    ) as risks
{%- endmacro %}

{# Shortest duration that at most the given share outlasts, from a Kaplan-Meier curve; NULL while more than that are still
   going on. The median is 0.5, the 90th percentile 0.1. #}
{% macro outlasted_by(share) -%}
    min(duration) filter (where survival <= {{ share }})
{%- endmacro %}

{# One bound of the ratio of the shares k1 of n1 and k2 of n2 (Katz log interval), 95 %. #}
{% macro ratio_bound(k1, n1, k2, n2, side, z=1.96) -%}
    case
        when {{ k1 }} > 0 and {{ k2 }} > 0
            then cast(round(
                (cast({{ k1 }} as double) / {{ n1 }}) / (cast({{ k2 }} as double) / {{ n2 }})
                * exp({{ "-" if side == "low" else "" }}{{ z }} * sqrt(
                    greatest(1.0 / {{ k1 }} - 1.0 / {{ n1 }} + 1.0 / {{ k2 }} - 1.0 / {{ n2 }}, 0)
                )), 10
            ) as decimal(28, 10))
    end
{%- endmacro %}

{# Names of the columns that are NULL with why, as text: "recall=passes_not_audited kappa=nobody_reviewed_twice". #}
{% macro null_reasons(reasons) -%}
    nullif(
        concat_ws(
            ' '
            {%- for column, reason in reasons.items() %}, case when {{ column }} is null then '{{ column }}={{ reason }}' end
            {%- endfor %}
        ), ''
    )
{%- endmacro %}
