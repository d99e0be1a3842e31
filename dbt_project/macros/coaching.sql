{# Steps and qualities of career coaching over fct_coaching_clients. `cohort` is who belongs to it, `members` those of them
   whose window has closed. Whoever has reached a step has reached the steps before it, so that one name is one group of
   persons and the base of a step is the count of the step before. #}
{% macro coaching_indicators() -%}
    {%- set closed = "is_window_closed" -%}
    {%- set reached = {"assessed": "true", "coached": "is_coached"} -%}
    {%- for step in ["trained", "applied", "placed"] -%}
        {%- do reached.update({step: "is_coached and " ~ step ~ "_date is not null"}) -%}
    {%- endfor -%}
    {%- set found = {"coaching_assessed": {
        "numerator": "1", "denominator": "", "cohort": "true", "members": "true"
    }} -%}
    {%- for step, base in [
        ("coached", "assessed"), ("trained", "coached"), ("applied", "coached"), ("placed", "coached"),
        ("placed", "assessed"), ("placed", "trained")
    ] -%}
        {%- do found.update({"coaching_" ~ step ~ "_of_" ~ base: {
            "numerator": "cast(" ~ reached[step] ~ " as integer)", "denominator": "1", "cohort": reached[base],
            "members": reached[base] ~ " and " ~ closed
        }}) -%}
    {%- endfor -%}
    {%- for months, days in {"6m": 183, "12m": 365}.items() -%}
        {%- do found.update({"coaching_retained_" ~ months ~ "_of_placed": {
            "numerator": "cast(is_retained_" ~ months ~ " as integer)", "denominator": "1", "cohort": reached.placed,
            "members": reached.placed ~ " and " ~ closed ~ " and placed_date + " ~ days ~ " <= observed_until"
        }}) -%}
    {%- endfor -%}
    {%- for months, days in {"3m": 91, "6m": 183, "12m": 365}.items() -%}
        {%- do found.update({"coaching_contact_" ~ months: {
            "numerator": "cast(last_session_date >= assessed_date + " ~ days ~ " as integer)", "denominator": "1",
            "cohort": "is_coached", "members": "is_coached and assessed_date + " ~ days ~ " <= observed_until"
        }}) -%}
    {%- endfor -%}
    {%- do found.update({
        "coaching_contact_after_placement": {
            "numerator": "cast(is_followed_up as integer)", "denominator": "1", "cohort": reached.placed,
            "members": reached.placed ~ " and placed_date + 365 <= observed_until"
        },
        "coaching_support_days": {
            "numerator": "last_session_date - coached_date", "denominator": "1", "cohort": "is_coached",
            "members": "is_coached and " ~ closed
        },
        "coaching_helpful": {
            "numerator": "sessions_helpful", "denominator": "sessions_rated", "cohort": "is_coached",
            "members": "is_coached"
        },
        "coaching_services_per_client": {
            "numerator": "services", "denominator": "1", "cohort": "is_coached", "members": "is_coached and " ~ closed
        },
        "coaching_referral_completion": {
            "numerator": "services_started", "denominator": "services_referred", "cohort": "is_coached",
            "members": "is_coached and " ~ closed
        },
    }) -%}
    {{ return(found) }}
{%- endmacro %}
