{# What the trends are made of: which counts of which register are series of int_trend_series__monthly. #}

{# Reasons of loss (codes of employment insurance) that have a count of their own. Involuntary are those that open a
   claim to benefit: closure, redundancy, retirement age, end of contract; dismissal for misconduct does not. #}
{% macro loss_reason_counts() -%}
    {{ return({
        "losses_involuntary": ["22", "23", "31", "32"],
        "losses_closure": ["22"],
        "losses_redundancy": ["23"],
        "losses_retirement_age": ["31"],
        "losses_contract_end": ["32"],
    }) }}
{%- endmacro %}

{# Series by relation with the entities they need; those under `crossed` also by province x occupation. #}
{% macro trend_series() -%}
    {{ return([
        {
            "relation": "int_labour_cells__monthly",
            "needs": ["vacancies"],
            "crossed": ["openings_new"],
            "series": [],
        },
        {
            "relation": "int_labour_cells__monthly",
            "needs": ["vacancies", "vacancy_reviews"],
            "crossed": ["openings_posted", "openings_open"],
            "series": ["postings_open", "openings_open_mean"],
        },
        {
            "relation": "int_labour_cells__monthly",
            "needs": ["registrations"],
            "crossed": ["registrations_new", "placements", "registrations_open"],
            "series": ["registrations_open_before", "registrations_ended"],
        },
        {
            "relation": "int_labour_balance__monthly",
            "needs": ["vacancies", "vacancy_reviews", "registrations"],
            "crossed": [],
            "series": balance_series(),
        },
        {
            "relation": "int_insured_cells__monthly",
            "needs": ["insurance_events"],
            "crossed": [],
            "series": ["acquisitions", "losses"] + (loss_reason_counts().keys() | list) + [
                "insured_stock", "insured_entries", "insured_exits", "insured_stock_before",
                "insured_stock_year_before", "insured_stock_year_before_total", "insured_stock_change_12m",
                "insured_stock_mean", "moves_in_excess",
            ],
        },
        {
            "relation": "int_ui_claims__monthly",
            "needs": ["ui_claims"],
            "crossed": [],
            "series": [
                "ui_claims_new", "ui_first_payments", "ui_benefit_granted_krw", "ui_exhaustions",
                "ui_entitlements_over", "ui_entitlements_exhausted",
            ],
        },
        {
            "relation": "int_ui_payments__monthly",
            "needs": ["ui_payments"],
            "crossed": [],
            "series": ["ui_recipients", "ui_paid_krw"],
        },
        {
            "relation": "int_registers__monthly",
            "needs": ["vacancies", "vacancy_reviews", "insurance_events"],
            "crossed": [],
            "series": ["postings_open_and_insured"],
        },
        {
            "relation": "int_registers__monthly",
            "needs": ["registrations", "insurance_events"],
            "crossed": [],
            "series": ["registered_and_insured"],
        },
    ]) }}
{%- endmacro %}

{# Both sides of the measures of balance, over occupations (total and each province) and over provinces (total). #}
{% macro balance_series() -%}
    {%- set series = [] -%}
    {%- for strata in ["occupations", "regions"] -%}
        {%- for measure in ["jackman_roper", "sahin", "concentration"] -%}
            {%- for side in ["above", "below"] -%}
                {%- do series.append(measure ~ "_" ~ side ~ "_" ~ strata) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(series) }}
{%- endmacro %}

{# Is every one of the entities provided in this profile? #}
{% macro has_entities(entities) -%}
    {%- set absent = [] -%}
    {%- for entity in entities if not has_entity(entity) -%}
        {%- do absent.append(entity) -%}
    {%- endfor -%}
    {{ return(absent | length == 0) }}
{%- endmacro %}

{# Square root with eight digits, so that sums of it do not depend on their order. #}
{% macro exact_sqrt(expression) -%}
    cast(round(sqrt(cast({{ expression }} as double)), 8) as decimal(28, 8))
{%- endmacro %}

{# Who is not counted, by register of an indicator. #}
{% macro coverage_note(register) -%}
    case {{ register }}
        when 'insurance'
            then 'Employment insurance without daily workers; self-employed, civil servants and private-school staff are not covered'
        when 'benefits'
            then 'Unemployment benefit of employment insurance; unemployed without a claim are not counted'
        when 'pes_and_insurance'
            then 'Public employment service and employment insurance without daily workers; who is in both counts twice'
        else 'Public employment service only; vacancies and seekers elsewhere are not counted'
    end
{%- endmacro %}
