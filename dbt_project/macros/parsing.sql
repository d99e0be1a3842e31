{# Engine differences and provider spellings. Every engine-specific function of the project is in this folder. #}

{# A day in a provider's text: YY-MM-DD, YYYY-MM-DD, YYYYMMDD, YYMMDD, also after words such as 채용시까지.
   NULL when there is none, when it is no day of the calendar, and when it means "open" (year 2090 or later). #}
{% macro parse_provider_date(text) -%}
    {%- set digits -%}
        regexp_replace(regexp_extract({{ text }}, '(\d{4}-\d{2}-\d{2}|\d{2}-\d{2}-\d{2}|\d{8}|\d{6})', 1), '-', '', 'g')
    {%- endset -%}
    case
        when length({{ digits }}) = 8 and left({{ digits }}, 4) < '2090'
            then cast(try_strptime({{ digits }}, '%Y%m%d') as date)
        when length({{ digits }}) = 6
            then cast(try_strptime('20' || {{ digits }}, '%Y%m%d') as date)
    end
{%- endmacro %}

{# Open until filled: the text says so, or its year means "no end". #}
{% macro says_until_filled(text) -%}
    coalesce({{ text }} like '%채용시%', false)
    or coalesce(regexp_matches({{ text }}, '(20[9]\d|2[1-9]\d{2}|9999)-?\d{2}-?\d{2}'), false)
{%- endmacro %}

{# Check digit of a Korean business registration number; all zeros pass the sum and are refused. #}
{% macro business_no_is_valid(number) -%}
    {%- set weights = [1, 3, 7, 1, 3, 7, 1, 3, 5] -%}
    coalesce(
        regexp_full_match({{ number }}, '\d{10}')
        and {{ number }} <> '0000000000'
        and (
            10 - (
                {%- for weight in weights %}
                {{ "+ " if not loop.first }}try_cast(substr({{ number }}, {{ loop.index }}, 1) as integer) * {{ weight }}
                {%- endfor %}
                + try_cast(substr({{ number }}, 9, 1) as integer) * 5 // 10
            ) % 10
        ) % 10 = try_cast(substr({{ number }}, 10, 1) as integer),
        false
    )
{%- endmacro %}

{# A wage per month. Paid hours of a full month are 209 = (40 + 8 weekly rest) x 365/7/12, in proportion to weekly
   hours up to 40; a day is 8 hours, so a month holds 209/8 paid days. Unknown unit: NULL. #}
{% macro wage_per_month(amount, unit, weekly_hours) -%}
    case {{ unit }}
        when 'H' then cast({{ amount }} as decimal(18, 2)) * 209 * least(coalesce({{ weekly_hours }}, 40), 40) / 40
        when 'D' then cast({{ amount }} as decimal(18, 2)) * 209 / 8
        when 'W' then cast({{ amount }} as decimal(18, 2)) * 365 / 84
        when 'M' then cast({{ amount }} as decimal(18, 2))
        when 'Y' then cast({{ amount }} as decimal(18, 2)) / 12
    end
{%- endmacro %}

{# First day of the month of a day. #}
{% macro month_of(day) -%}
    cast({{ dbt.date_trunc("month", day) }} as date)
{%- endmacro %}

{% macro add_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{# Calendar day of an instant in the project's timezone. #}
{% macro local_date(instant) -%}
    cast({{ instant }} at time zone '{{ var("timezone") }}' as date)
{%- endmacro %}

{# A ratio with ten digits, reproducible: both sides are exact. NULL when the denominator is zero or NULL. #}
{% macro ratio(numerator, denominator) -%}
    cast(round({{ numerator }} / nullif({{ denominator }}, 0), 10) as decimal(28, 10))
{%- endmacro %}

{% macro null_reason(denominator) -%}
    case
        when {{ denominator }} is null then 'denominator_absent'
        when {{ denominator }} = 0 then 'zero_denominator'
    end
{%- endmacro %}

{# Band of an age in years; unknown stays countable. #}
{% macro age_group(age) -%}
    case
        when {{ age }} is null then '_U'
        when {{ age }} < 30 then 'Y_LT30'
        when {{ age }} < 40 then 'Y30T39'
        when {{ age }} < 50 then 'Y40T49'
        when {{ age }} < 60 then 'Y50T59'
        else 'Y_GE60'
    end
{%- endmacro %}

{# The five-year bands that show careers by age, with an order that text keeps. #}
{% macro age_group_5y(age) -%}
    case
        when {{ age }} is null then '_U'
        when {{ age }} < 20 then 'Y_LT20'
        when {{ age }} >= 65 then 'Y_GE65'
        else 'Y' || cast({{ age }} - {{ age }} % 5 as integer) || 'T' || cast({{ age }} - {{ age }} % 5 + 4 as integer)
    end
{%- endmacro %}

{# One row per day, both ends included. #}
{% macro day_series(first_day, last_day) -%}
    select cast(range as date) as calendar_date
    from range({{ first_day }}, {{ last_day }} + 1, interval 1 day)
{%- endmacro %}

{# One row per month (its first day), both ends included, for the bounds that a relation holds in one row. #}
{% macro month_series(first_month, last_month, relation) -%}
    select cast(unnest(range({{ first_month }}, {{ last_month }} + 1, interval 1 month)) as date) as month_date
    from {{ relation }}
{%- endmacro %}

{# Jobs of one group of columns that touch or overlap, merged into stretches: a person with two jobs counts once.
   `relation` needs from_date, to_date (the first day outside) and is_apart, as int_insured_jobs__placed has them. #}
{% macro merged_stretches(relation, keys) -%}
    select
        {{ keys | join(", ") }},
        from_date,
        to_date,
        weight
    from {{ relation }}
    where is_apart
    union all
    select
        {{ keys | join(", ") }},
        min(from_date) as from_date,
        max(to_date) as to_date,
        max(weight) as weight
    from (
        select
            *,
            sum(case when from_date <= reached then 0 else 1 end) over (
                partition by {{ keys | join(", ") }}
                order by from_date, to_date
                rows between unbounded preceding and current row
            ) as stretch_no
        from (
            select
                *,
                max(to_date) over (
                    partition by {{ keys | join(", ") }}
                    order by from_date, to_date
                    rows between unbounded preceding and 1 preceding
                ) as reached
            from {{ relation }}
            where not is_apart
        ) as reaches
    ) as islands
    group by {{ keys | join(", ") }}, stretch_no
{%- endmacro %}

{# Quantile with linear interpolation (type 7), in two digits; an order statistic, so doubles are safe. #}
{% macro quantile_type7(expression, share) -%}
    cast(round(quantile_cont(cast({{ expression }} as double), {{ share }}), 2) as decimal(18, 2))
{%- endmacro %}

{# Several such quantiles of one expression as a list, from one sorting; `quantile_of` takes one of them, from 1. #}
{% macro quantiles_type7(expression, shares) -%}
    quantile_cont(cast({{ expression }} as double), [{{ shares | join(", ") }}])
{%- endmacro %}

{% macro quantile_of(quantiles, place) -%}
    cast(round({{ quantiles }}[{{ place }}], 2) as decimal(18, 2))
{%- endmacro %}

{# Values of a group as a list in a given order. #}
{% macro ordered_list(expression, order_by) -%}
    list({{ expression }} order by {{ order_by }})
{%- endmacro %}

{# Texts of a JSON list such as '["A", "B"]', also where the list came as a text within the JSON; no list is an empty one. #}
{% macro json_texts(json) -%}
    coalesce(
        json_extract_string(
            case when json_type({{ json }}) = 'VARCHAR' then json_extract_string({{ json }}, '$') else {{ json }} end,
            '$[*]'
        ),
        []
    )
{%- endmacro %}

{# A JSON object as text from a mapping of names to expressions. #}
{% macro json_facts(facts) -%}
    cast(
        json_object(
            {%- for name, expression in facts.items() %}
            '{{ name }}', {{ expression }}{{ "," if not loop.last }}
            {%- endfor %}
        ) as varchar
    )
{%- endmacro %}

{# Quantile (type 7) in ten digits, for shares and relative errors. #}
{% macro quantile_type7_exact(expression, share) -%}
    cast(round(quantile_cont(cast({{ expression }} as double), {{ share }}), 10) as decimal(28, 10))
{%- endmacro %}
