{# What the performance of employment services is made of: windows, outcomes, breakdowns and periods. #}

{# Last day whose insurance reports were due by the working day: what happened later is not told yet. #}
{% macro observed_until() -%}
    (select {{ month_of('max(as_of) - ' ~ var('reporting_deadline_day')) }} - 1 from landing._release)
{%- endmacro %}

{# First day of the quarter that comes so many quarters after the one of a day. #}
{% macro quarter_of(day, later=0) -%}
    cast({{ dbt.date_trunc("quarter", day) }} + to_months({{ 3 * later }}) as date)
{%- endmacro %}

{# Shares of clients with an outcome. `cohort` is the day that puts an episode into a quarter, `members` who belongs to
   the cohort, `outcome` a column that is NULL until the window has closed; `adjusted` rates are held against what is
   expected of the clients. Gains of skill are counted by client and programme year (int_episode_gains), all others by
   episode (fct_service_episodes). #}
{% macro performance_rates() -%}
    {{ return([
        {"indicator": "placement_rate_6m", "cohort": "start_date", "outcome": "is_placed_6m", "adjusted": true},
        {"indicator": "placement_rate_exit", "cohort": "end_date", "outcome": "is_placed_at_exit", "adjusted": true},
        {"indicator": "employment_rate_3m", "cohort": "end_date", "outcome": "is_employed_3m", "members": "is_completer"},
        {"indicator": "employment_rate_6m", "cohort": "end_date", "outcome": "is_employed_6m", "members": "is_completer",
         "adjusted": true},
        {"indicator": "retention_6m", "cohort": "placed_on", "outcome": "is_retained_6m", "adjusted": true},
        {"indicator": "retention_12m", "cohort": "placed_on", "outcome": "is_retained_12m", "adjusted": true},
        {"indicator": "retention_employer_6m", "cohort": "placed_on", "outcome": "is_retained_employer_6m"},
        {"indicator": "retention_employer_12m", "cohort": "placed_on", "outcome": "is_retained_employer_12m"},
        {"indicator": "churn_back_12m", "cohort": "placed_on", "outcome": "is_churned_back_12m"},
        {"indicator": "employment_rate_q2", "cohort": "exit_date", "outcome": "is_employed_q2", "adjusted": true},
        {"indicator": "employment_rate_q4", "cohort": "exit_date", "outcome": "is_employed_q4", "adjusted": true},
        {"indicator": "employer_retention_q2_q4", "cohort": "exit_date", "outcome": "is_employer_retained",
         "members": "coalesce(is_employed_q2, true)", "adjusted": true},
        {"indicator": "credential_attainment", "cohort": "exit_date", "outcome": "is_credentialed",
         "members": "trained_from is not null", "adjusted": true},
        {"indicator": "measurable_skill_gains", "relation": "gains", "cohort": "programme_year_date",
         "outcome": "has_gain", "adjusted": true},
    ]) }}
{%- endmacro %}

{# Breakdowns of the performance marts and the codes that name their cells. An organisation has one type. #}
{% macro performance_breakdowns() -%}
    {{ return({
        "total": [],
        "organisation_type": ["organisation_type"],
        "organisation": ["organisation_type", "organisation_code"],
        "programme": ["programme_code"],
        "client_group": ["client_group"],
        "organisation_programme": ["organisation_type", "organisation_code", "programme_code"],
        "organisation_client_group": ["organisation_type", "organisation_code", "client_group"],
        "programme_client_group": ["programme_code", "client_group"],
        "organisation_programme_client_group": [
            "organisation_type", "organisation_code", "programme_code", "client_group"
        ],
    }) }}
{%- endmacro %}

{# First day of the period that a quarter counts in: itself, its calendar year, or a programme year, which begins in July.
   The cohort of programme year N begins `shift_months` before January N: 6 for exits from July N-1 on, 12 for exits of the
   calendar year N-1 (TEGL 10-16). #}
{% macro period_of(quarter_date, frequency, shift_months) -%}
    case {{ frequency }}
        when 'Q' then {{ quarter_date }}
        when 'A' then cast(date_trunc('year', {{ quarter_date }}) as date)
        else cast(date_trunc('year', {{ quarter_date }} + to_months({{ shift_months }})) + to_months(6) as date)
    end
{%- endmacro %}

{# Rows of `relation` (indicator, organisation_code, programme_code, client_group, quarter_date) in the quarter and in the
   year they count in, with the type of their organisation. #}
{% macro in_periods(relation) -%}
    select
        counted.*,
        coalesce(organisations.organisation_type, '_U') as organisation_type,
        periods.frequency,
        {{ period_of('counted.quarter_date', 'periods.frequency', 'periods.shift_months') }} as ref_period
    from {{ relation }} as counted
    inner join {{ ref('int_performance_periods') }} as periods on counted.indicator = periods.indicator
    left join {{ ref('dim_organisation') }} as organisations
        on counted.organisation_code = organisations.organisation_code and organisations.is_latest
{%- endmacro %}

{# `aggregates` over `relation` in every breakdown. Rows without a programme or a client group (_N) are in no breakdown by
   it. #}
{% macro by_breakdown(relation, aggregates) -%}
    {%- for breakdown, codes in performance_breakdowns().items() %}
    select
        indicator,
        frequency,
        ref_period,
        '{{ breakdown }}' as breakdown_type,
        {%- for code in ["organisation_type", "organisation_code", "programme_code", "client_group"] %}
        {{ code if code in codes else "'_T'" }} as {{ code }},
        {%- endfor %}
        {{ aggregates | join(",\n        ") }}
    from {{ relation }}
    where true
        {{- " and programme_code <> '_N'" if "programme_code" in codes }}
        {{- " and client_group <> '_N'" if "client_group" in codes }}
    group by indicator, frequency, ref_period{{ ", " if codes }}{{ codes | join(", ") }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Counts and ratios of sums over episodes. Without a denominator the value is the numerator. #}
{% macro performance_amounts() -%}
    {%- set counted = "not is_excluded and is_placed_6m is not null" -%}
    {{ return([
        {"indicator": "episodes_started", "cohort": "start_date", "members": "true", "numerator": "1"},
        {"indicator": "episodes_exited", "cohort": "end_date", "members": "true", "numerator": "1"},
        {"indicator": "service_placements", "cohort": "placed_on", "members": "not is_excluded", "numerator": "1"},
        {"indicator": "episodes_shared_share", "cohort": "start_date", "members": "true",
         "numerator": "cast(coalesce(exclusion_reason = 'SHARED', false) as integer)", "denominator": "1"},
        {"indicator": "linked_share", "cohort": "start_date", "members": "match_probability is not null",
         "numerator": "cast(match_probability > 0 as integer)", "denominator": "1"},
        {"indicator": "service_placements_repeated", "cohort": "placed_on",
         "members": "exclusion_reason = 'REPEATED'", "numerator": "1"},
        {"indicator": "exit_delay_days", "cohort": "end_date", "members": "exit_date is not null",
         "numerator": "greatest(end_date - exit_date, 0)", "denominator": "1"},
        {"indicator": "cost_per_placement", "cohort": "start_date", "members": counted ~ " and cost_krw is not null",
         "numerator": "cost_krw", "denominator": "cast(is_placed_6m as integer)"},
        {"indicator": "wage_ratio_previous", "cohort": "placed_on",
         "members": "not is_excluded and monthly_pay_krw > 0 and previous_monthly_pay_krw > 0",
         "numerator": "monthly_pay_krw", "denominator": "previous_monthly_pay_krw"},
        {"indicator": "wage_ratio_reservation", "cohort": "placed_on",
         "members": "not is_excluded and monthly_pay_krw > 0 and desired_wage_krw_month > 0",
         "numerator": "monthly_pay_krw", "denominator": "desired_wage_krw_month"},
    ]) }}
{%- endmacro %}

{# A period as text: quarter (Q) 2026-Q1, calendar year (A) 2026, programme year (PY) by the year it begins in. #}
{% macro time_period(frequency, first_day) -%}
    case {{ frequency }}
        when 'Q' then strftime({{ first_day }}, '%Y') || '-Q' || quarter({{ first_day }})
        when 'A' then strftime({{ first_day }}, '%Y')
        when 'PY' then 'PY' || strftime({{ first_day }}, '%Y')
    end
{%- endmacro %}
