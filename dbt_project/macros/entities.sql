{# The conformed shape of each entity, declared once. Staging models end in this shape; unions and absent entities
   take it from here. Dates are days in the project's timezone, codes are text. #}
{% macro entity_shape(entity) -%}
    {%- set shapes = {
        "vacancies": {
            "posting_id": "varchar",
            "is_submission": "boolean",
            "registered_date": "date",
            "channel_code": "varchar",
            "office_code": "varchar",
            "employer_name": "varchar",
            "business_no": "varchar",
            "workplace_no": "varchar",
            "industry_code": "varchar",
            "title": "varchar",
            "description": "varchar",
            "licence_text": "varchar",
            "occupation_scheme": "varchar",
            "occupation_code": "varchar",
            "region_code": "varchar",
            "employment_type_code": "varchar",
            "wage_currency": "varchar",
            "wage_type_code": "varchar",
            "wage_min": "decimal(18, 2)",
            "wage_max": "decimal(18, 2)",
            "wage_month_min": "decimal(18, 2)",
            "wage_month_max": "decimal(18, 2)",
            "weekly_hours": "decimal(6, 2)",
            "career_code": "varchar",
            "career_months": "bigint",
            "education_code": "varchar",
            "openings": "bigint",
            "close_date": "date",
            "is_until_filled": "boolean",
            "has_contact_phone": "boolean",
            "url": "varchar",
            "provider_updated_at": "timestamptz",
            "first_received_date": "date",
            "first_delivery_date": "date",
            "last_delivery_date": "date",
        },
        "vacancy_reviews": {
            "review_id": "varchar",
            "posting_id": "varchar",
            "step_code": "varchar",
            "decision": "varchar",
            "reason_codes": "varchar",
            "reviewer_id": "varchar",
            "decided_date": "date",
            "decided_at": "timestamptz",
            "received_date": "date",
            "vacancy_source": "varchar",
            "record_hash": "varchar",
            "selection_code": "varchar",
            "is_double": "boolean",
            "machine_decision": "varchar",
            "rule_set": "varchar",
        },
        "registrations": {
            "seeker_reg_no": "varchar",
            "person_key": "varchar",
            "birth_year": "smallint",
            "sex": "varchar",
            "reg_date": "date",
            "certified_date": "date",
            "valid_until": "date",
            "renewal_no": "bigint",
            "entry_channel": "varchar",
            "office_code": "varchar",
            "status": "varchar",
            "status_date": "date",
            "region_code": "varchar",
            "education_code": "varchar",
            "career_months": "bigint",
            "desired_occupation_code": "varchar",
            "desired_region_code": "varchar",
            "has_disability": "boolean",
            "has_career_break": "boolean",
            "is_ui_beneficiary": "boolean",
            "desired_wage_type_code": "varchar",
            "desired_wage_min_krw": "bigint",
            "programme_code": "varchar",
            "received_date": "date",
            "first_received_date": "date",
        },
        "insurance_events": {
            "event_no": "varchar",
            "person_key": "varchar",
            "birth_year": "smallint",
            "sex": "varchar",
            "workplace_no": "varchar",
            "event_type": "varchar",
            "refers_to_event_no": "varchar",
            "event_date": "date",
            "occupation_code": "varchar",
            "weekly_hours": "decimal(6, 2)",
            "contract_end_ym": "varchar",
            "monthly_pay_krw": "bigint",
            "loss_reason_code": "varchar",
            "worker_type": "varchar",
            "nationality_group": "varchar",
            "reported_at": "timestamptz",
            "received_date": "date",
        },
        "workplaces": {
            "workplace_no": "varchar",
            "business_no": "varchar",
            "employer_name": "varchar",
            "industry_code": "varchar",
            "region_code": "varchar",
            "headcount": "bigint",
            "established_date": "date",
            "closed_date": "date",
        },
        "insured_headcounts": {
            "business_no": "varchar",
            "workplace_name": "varchar",
            "insurance_kind_code": "varchar",
            "headcount": "bigint",
            "established_date": "date",
            "checked_date": "date",
        },
        "business_status": {
            "business_no": "varchar",
            "status_code": "varchar",
            "closed_date": "date",
            "checked_date": "date",
        },
        "agency_licences": {
            "licence_no": "varchar",
            "business_no": "varchar",
            "licence_kind": "varchar",
            "valid_from": "date",
            "valid_to": "date",
        },
        "wage_arrears": {
            "list_id": "varchar",
            "business_no": "varchar",
            "employer_name": "varchar",
            "listed_from": "date",
            "listed_to": "date",
            "arrears_krw": "bigint",
        },
        "organisations": {
            "organisation_code": "varchar",
            "name_ko": "varchar",
            "name_en": "varchar",
            "organisation_type": "varchar",
            "region_code": "varchar",
            "valid_from": "date",
            "valid_to": "date",
        },
        "service_episodes": {
            "episode_id": "varchar",
            "person_key": "varchar",
            "birth_year": "smallint",
            "sex": "varchar",
            "seeker_reg_no": "varchar",
            "organisation_code": "varchar",
            "programme_code": "varchar",
            "client_group": "varchar",
            "start_date": "date",
            "end_date": "date",
            "exit_reason": "varchar",
            "cost_krw": "bigint",
        },
        "performance_targets": {
            "organisation_code": "varchar",
            "programme_code": "varchar",
            "period": "varchar",
            "indicator_code": "varchar",
            "target_value": "decimal(18, 4)",
        },
        "satisfaction_surveys": {
            "organisation_code": "varchar",
            "programme_code": "varchar",
            "period": "varchar",
            "invited": "bigint",
            "answered": "bigint",
            "satisfied": "bigint",
        },
        "training_runs": {
            "course_id": "varchar",
            "run_no": "bigint",
            "title": "varchar",
            "institution_name": "varchar",
            "institution_code": "varchar",
            "course_type_code": "varchar",
            "field_code": "varchar",
            "occupation_code": "varchar",
            "licence_text": "varchar",
            "region_code": "varchar",
            "start_date": "date",
            "end_date": "date",
            "fee_krw": "bigint",
            "capacity": "bigint",
            "applicants": "bigint",
            "trainees": "bigint",
            "completers": "bigint",
            "employment_rate_3m": "decimal(9, 4)",
            "employment_rate_3m_status": "varchar",
            "employed_3m": "bigint",
            "employment_rate_6m": "decimal(9, 4)",
            "employment_rate_6m_status": "varchar",
            "employed_6m": "bigint",
            "satisfaction_score": "decimal(9, 4)",
        },
        "training_enrolments": {
            "enrolment_no": "varchar",
            "person_key": "varchar",
            "birth_year": "smallint",
            "sex": "varchar",
            "course_id": "varchar",
            "run_no": "bigint",
            "organisation_code": "varchar",
            "enrolled_date": "date",
            "ended_date": "date",
            "status": "varchar",
        },
        "referrals": {
            "referral_id": "varchar",
            "seeker_reg_no": "varchar",
            "posting_id": "varchar",
            "office_code": "varchar",
            "counsellor_id": "varchar",
            "referred_date": "date",
            "result": "varchar",
            "result_date": "date",
        },
        "posting_reports": {
            "report_id": "varchar",
            "posting_id": "varchar",
            "reporter_key": "varchar",
            "report_kind": "varchar",
            "reported_date": "date",
        },
        "ui_claims": {
            "claim_no": "varchar",
            "person_key": "varchar",
            "birth_year": "smallint",
            "sex": "varchar",
            "claim_date": "date",
            "region_code": "varchar",
            "benefit_days": "bigint",
            "daily_amount_krw": "bigint",
            "first_paid_date": "date",
            "exhausted_date": "date",
            "status": "varchar",
            "first_received_date": "date",
        },
        "qualifications": {
            "qualification_code": "varchar",
            "name_ko": "varchar",
            "kind_code": "varchar",
            "series_code": "varchar",
            "series_name": "varchar",
            "field_code": "varchar",
            "field_name": "varchar",
        },
        "publications": {
            "release_id": "varchar",
            "table_id": "varchar",
            "cell_id": "varchar",
            "time_period": "varchar",
            "obs_value": "decimal(28, 6)",
            "obs_status": "varchar",
            "conf_status": "varchar",
            "published_date": "date",
        },
        "training_programmes": {
            "programme_id": "varchar",
            "organisation_code": "varchar",
            "organisation_name": "varchar",
            "organisation_type": "varchar",
            "campus_code": "varchar",
            "region_code": "varchar",
            "county_name": "varchar",
            "title": "varchar",
            "field_scheme": "varchar",
            "field_code": "varchar",
            "occupation_scheme": "varchar",
            "occupation_code": "varchar",
            "occupation_codes": "varchar",
            "outcome": "varchar",
            "credential_name": "varchar",
            "duration_hours": "bigint",
            "duration_weeks": "bigint",
            "duration_null_reason": "varchar",
            "delivery_method": "varchar",
            "cost_currency": "varchar",
            "tuition": "decimal(18, 2)",
            "books": "decimal(18, 2)",
            "optional_cost": "decimal(18, 2)",
            "is_approved": "boolean",
            "listed_date": "date",
            "updated_date": "date",
        },
        "occupations": {
            "occupation_scheme": "varchar",
            "scheme_version": "varchar",
            "occupation_code": "varchar",
            "occupation_level": "integer",
            "parent_code": "varchar",
            "name_ko": "varchar",
            "name_en": "varchar",
            "description": "varchar",
            "valid_from": "date",
            "valid_to": "date",
        },
        "occupation_job_zones": {
            "occupation_scheme": "varchar",
            "occupation_code": "varchar",
            "job_zone": "integer",
            "is_surveyed": "boolean",
        },
        "occupation_titles": {
            "occupation_scheme": "varchar",
            "occupation_code": "varchar",
            "language": "varchar",
            "title": "varchar",
            "short_title": "varchar",
            "title_sources": "varchar",
        },
        "industries": {
            "industry_scheme": "varchar",
            "scheme_version": "varchar",
            "industry_code": "varchar",
            "industry_level": "integer",
            "parent_code": "varchar",
            "section_code": "varchar",
            "name_ko": "varchar",
            "name_en": "varchar",
            "valid_from": "date",
            "valid_to": "date",
        },
        "industry_crosswalks": {
            "industry_scheme": "varchar",
            "from_version": "varchar",
            "from_code": "varchar",
            "from_name_ko": "varchar",
            "to_version": "varchar",
            "to_code": "varchar",
            "to_name_ko": "varchar",
            "note_ko": "varchar",
        },
    } -%}
    {%- if entity not in shapes -%}
        {{ exceptions.raise_compiler_error("Entity '" ~ entity ~ "' has no shape. Add it to macros/entities.sql.") }}
    {%- endif -%}
    {{ return(shapes[entity]) }}
{%- endmacro %}

{# Select list of a staging model: every column of the shape, cast. `missing` names what the provider does not have. #}
{% macro conformed_columns(entity, missing=[]) -%}
    {%- for name, type in entity_shape(entity).items() %}
    cast({{ "null" if name in missing else name }} as {{ type }}) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# All providers of an entity under one shape, with their source_id. Without a provider: no rows, the same shape. #}
{% macro union_providers(entity) -%}
    {%- set columns = entity_shape(entity) -%}
    {%- for source_id in providers_of(entity) %}
    select
        '{{ source_id }}' as source_id,
        {{ columns.keys() | join(",\n        ") }}
    from {{ ref("stg_" ~ source_id ~ "__" ~ entity) }}
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        cast(null as varchar) as source_id,
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{%- endmacro %}

{# Latest version of each record of a landed source as known on the working day. Versions order by the provider's
   timestamp, then delivery date, then record hash; never by when we fetched them. #}
{% macro latest_versions(source_id, key, provider_timestamp=none, received=none) -%}
    select
        *,
        min({{ received or "_delivery_date" }}) over (partition by {{ key | join(", ") }}) as first_received_date,
        min(_delivery_date) over (partition by {{ key | join(", ") }}) as first_delivery_date,
        max(_delivery_date) over (partition by {{ key | join(", ") }}) as last_delivery_date
    from {{ source("landing", source_id) }}
    where
        _delivery_date <= {{ as_of() }}
        {%- if received %}
        and {{ received }} <= {{ as_of() }}
        {%- endif %}
    qualify
        row_number() over (
            partition by {{ key | join(", ") }}
            order by
                {%- if provider_timestamp %}
                {{ provider_timestamp }} desc nulls last,
                {%- endif %}
                _delivery_date desc,
                _record_hash desc
        ) = 1
{%- endmacro %}
