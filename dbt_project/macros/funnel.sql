{# Mutually exclusive states of a submission; their counts add up to the submissions. #}
{% macro posting_states() -%}
    {{ return([
        "posted", "rejected", "duplicate", "returned_open", "held_open", "pending", "expired_undecided", "withdrawn"
    ]) }}
{%- endmacro %}

{# Submissions that are no longer open, as a sum of states. #}
{% macro concluded() -%}
    (posted + rejected + duplicate + expired_undecided + withdrawn)
{%- endmacro %}

{# Place of a step in the configured order, counted from one. #}
{% macro step_no(step_code) -%}
    case {{ step_code }}
        {%- for step in var("verification_steps") %}
        when '{{ step }}' then {{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}

{# Does a decision let a submission be posted? An acceptance does at the rules or after them in the order of steps. #}
{% macro is_posting_decision(step_code, decision) -%}
    {%- set steps = var("verification_steps") -%}
    {%- set deciding = steps[steps.index("S3_ALGORITHM"):] | reject("equalto", "S4_COHERENCE") | list -%}
    (
        {{ decision }} in ('ACCEPT', 'PASS', 'WARN', 'CONFIRMED_OK', 'CORRECTED')
        and {{ step_code }} in ('{{ deciding | join("', '") }}')
    )
{%- endmacro %}

{# State that a decision before posting leads to. #}
{% macro state_after(step_code, decision) -%}
    case
        when {{ decision }} in ('REFUSE', 'REJECT', 'CONFIRMED_BAD') then 'rejected'
        when {{ decision }} = 'DUPLICATE' then 'duplicate'
        when {{ decision }} = 'RETURN' then 'returned_open'
        when {{ decision }} in ('HOLD', 'UNREACHABLE') then 'held_open'
        when {{ is_posting_decision(step_code, decision) }} then 'posted'
        else 'pending'
    end
{%- endmacro %}

{# Wording to the employer with its placeholders filled: the quoted words, and facts by name. #}
{% macro filled_wording(wording, quote, facts) -%}
    {%- set names = [
        "business_no", "nts_status_code", "nts_closed_date", "nts_checked_date", "register_name", "name_similarity",
        "insured_headcount", "arrears_list_id", "arrears_listed_from", "licence_no", "licence_kind",
        "employer_first_seen", "mw_hour", "wage_date", "wage_unit", "wage_low", "wage_high", "paid_hours_month",
        "wage_low_hourly", "wage_q99_hourly", "duplicate_of", "duplicate_similarity", "phone_employers_day",
        "predicted_occupation_code", "predicted_probability", "text_length", "validity_end", "employer_name",
        "openings", "weekly_hours", "wage_text", "start_date", "close_date", "submitted_date", "country_code",
        "overseas_report_no", "occupation_code", "region_code", "education_code", "headcount"
    ] -%}
    {%- set filled = namespace(sql="replace(" ~ wording ~ ", '{quote}', coalesce(" ~ quote ~ ", ''))") -%}
    {%- for name in names -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '{" ~ name ~ "}', coalesce(json_extract_string("
            ~ facts ~ ", '$." ~ name ~ "'), ''))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}
