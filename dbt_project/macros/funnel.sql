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

{# What happens to a submission, and the column with its day. #}
{% macro happening_days() -%}
    {{ return({
        "posted_in_month": "posted_on",
        "rejected_in_month": "rejected_on",
        "duplicate_in_month": "duplicate_on",
        "returned_in_month": "returned_on",
        "held_in_month": "held_on",
        "withdrawn_in_month": "withdrawn_on",
    }) }}
{%- endmacro %}

{# What adds up over the cells of int_verification_counts__monthly. #}
{% macro verification_counts() -%}
    {{ return(["submitted"] + posting_states() + [
        "posted_first_pass", "returned", "held", "openings_posted", "openings_filled", "decided", "decided_in_time",
        "decision_due"
    ] + (happening_days().keys() | list) + [
        "taken_down_30d", "closed_postings", "closed_openings", "closed_openings_filled", "closed_provisionally",
        "filled_while_open", "closed_after_fill", "days_open_after_fill", "backlog", "open_postings",
        "open_postings_inactive", "both_bad", "only_first_bad", "only_second_bad", "both_good"
    ]) }}
{%- endmacro %}

{# Counts of submissions by month of submission, as a select list. #}
{% macro cohort_counts() -%}
    count(*) as submitted,
    {%- for state in posting_states() %}
    count(*) filter (where posting_state = '{{ state }}') as {{ state }},
    {%- endfor %}
    count(*) filter (where is_first_pass) as posted_first_pass,
    count(*) filter (where is_returned) as returned,
    count(*) filter (where is_held) as held,
    sum(openings_posted) as openings_posted,
    sum(openings_filled) as openings_filled
{%- endmacro %}

{# Counts of submissions by month of what happened to them, a row per month and `keys`. #}
{% macro period_counts(relation, keys) -%}
    select
        month_date,
        {%- for happening in happening_days() %}
        count(*) filter (where happening = '{{ happening }}') as {{ happening }},
        {%- endfor %}
        {{ keys | join(", ") }}
    from (
        {%- for happening, day in happening_days().items() %}
        select
            {{ month_of(day) }} as month_date,
            {{ keys | join(", ") }},
            '{{ happening }}' as happening
        from {{ relation }}
        where {{ day }} is not null
        {{ "union all" if not loop.last }}
        {%- endfor %}
    ) as happenings
    group by month_date, {{ keys | join(", ") }}
{%- endmacro %}

{# Columns that every mart of the funnel publishes, cast; `channel_code` and the counts must be there. #}
{% macro funnel_columns() -%}
    cast(month_date as date) as ref_period,
    cast(strftime(month_date, '%Y-%m') as varchar) as time_period,
    cast(channel_code as varchar) as channel_code,
    cast(submitted as bigint) as submitted,
    {%- for state in posting_states() %}
    cast({{ state }} as bigint) as {{ state }},
    {%- endfor %}
    cast({{ concluded() }} as bigint) as concluded,
    cast(posted_first_pass as bigint) as posted_first_pass,
    cast({{ ratio('posted', concluded()) }} as decimal(28, 10)) as posting_rate,
    cast({{ ratio('posted_first_pass', 'submitted') }} as decimal(28, 10)) as first_pass_rate,
    cast({{ null_reason(concluded()) }} as varchar) as posting_rate_null_reason,
    cast(case when returned_open + held_open + pending > 0 then 'P' else 'F' end as varchar) as status,
    {{ as_of() }} as as_of
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

{# Wording to the employer with its placeholders filled: the quoted words, and facts by name, codes in the words of the
   language that the column is named for. All words are those of the desk and `lmi vet FILE`, handed over by the build
   (`for_models` in validation/vetting/wording.py); figures are as they are stored, without signs between thousands. #}
{% macro filled_wording(wording, quote, facts) -%}
    {%- set said = var("wording", {}) -%}
    {%- set lang = wording[-2:] -%}
    {%- set missing = said.get("missing", {}).get(lang, "") -%}
    {%- set filled = namespace(sql="replace(" ~ wording ~ ", '{quote}', coalesce(" ~ quote ~ ", '" ~ missing ~ "'))") -%}
    {%- for name in said.get("facts", []) -%}
        {%- set fact = namespace(sql="json_extract_string(" ~ facts ~ ", '$." ~ name ~ "')") -%}
        {%- for code, words in said.words.get(name, {}).items() -%}
            {%- set fact.sql = "replace(" ~ fact.sql ~ ", '" ~ code ~ "', '" ~ words[lang] ~ "')" -%}
        {%- endfor -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '{" ~ name ~ "}', coalesce(" ~ fact.sql ~ ", '" ~ missing ~ "'))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}

{# What was found and what it means for the posting; of a rule that could not be judged, that. #}
{% macro message_wording(wording, outcome, quote, facts) -%}
    {%- set said = var("wording", {}) -%}
    {%- set lang = wording[-2:] -%}
    case
        when {{ outcome }} = 'undetermined' then '{{ said.get("not_judged", {}).get(lang, "") }}'
        else
            {{ filled_wording(wording, quote, facts) }}
            || case {{ outcome }}
                {%- for severity, words in said.get("outcomes", {}).items() %}
                when '{{ severity }}' then ' {{ words[lang] }}'
                {%- endfor %}
                when 'undetermined' then ''
                else ''
            end
    end
{%- endmacro %}

{# What to change; of a refusal also how to object to it in that profile. #}
{% macro advice_wording(wording, outcome, profile, quote, facts) -%}
    {%- set lang = wording[-2:] -%}
    {{ filled_wording(wording, quote, facts) }}
    || case
        when {{ outcome }} is null then ''
        {%- for code, words in var("wording", {}).get("appeal", {}).items() %}
        when {{ outcome }} = 'reject' and {{ profile }} = '{{ code }}' then ' {{ words[lang] }}'
        {%- endfor %}
        else ''
    end
{%- endmacro %}

{# Label of a reason: that of its rule; the guard over a channel is no rule and has its own. #}
{% macro reason_wording(code, label) -%}
    {%- set guard = var("wording", {}).get("guard", {}) -%}
    case when {{ code }} = '{{ guard.get("code", "") }}' then '{{ guard.get(label[-2:], "") }}' else {{ label }} end
{%- endmacro %}

{# Breakdowns by which the quality of step 3 is told, as two unnested columns side by side. #}
{% macro judgement_breakdowns() -%}
    unnest(['total', 'source', 'channel', 'region', 'employer_size']) as breakdown_type,
    unnest(['_T', source_id, channel_code, region_code, employer_size]) as breakdown_code
{%- endmacro %}

{# What adds up over the strata of judged postings. #}
{% macro judgement_counts() -%}
    {{ return([
        "judged", "passed", "warned", "held", "rejected", "posted", "flagged_bad", "flagged_good", "passes",
        "passes_audited", "passes_bad", "both_bad", "only_first_bad", "only_second_bad", "both_good", "scored"
    ]) }}
{%- endmacro %}
