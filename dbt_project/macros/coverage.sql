{# Which entities each mart needs; a mart whose entity has no provider stays empty and mart_coverage says so. #}
{% macro mart_needs() -%}
    {{ return({
        "mart_employment_trends_monthly": [
            "vacancies", "vacancy_reviews", "registrations", "insurance_events", "workplaces", "ui_claims"
        ],
        "mart_employment_trends_daily": [
            "vacancies", "registrations", "insurance_events", "workplaces", "ui_claims"
        ],
        "mart_employment_trends_adjusted": [
            "vacancies", "vacancy_reviews", "registrations", "insurance_events", "workplaces", "ui_claims"
        ],
        "mart_career_breaks": ["insurance_events"],
        "mart_employment_alerts": ["vacancies", "registrations", "insurance_events", "workplaces", "ui_claims"],
        "mart_employment_key_figures": [
            "vacancies", "vacancy_reviews", "registrations", "insurance_events", "workplaces", "ui_claims"
        ],
        "mart_employment_nowcasts": ["insurance_events", "workplaces"],
        "mart_employment_vintages": ["vacancies", "registrations", "insurance_events", "workplaces", "ui_claims"],
        "mart_employment_revisions": ["vacancies", "registrations", "insurance_events", "workplaces", "ui_claims"],
        "mart_vacancy_verification": ["vacancies", "vacancy_reviews"],
        "mart_vacancy_verification_detail": ["vacancies", "vacancy_reviews"],
        "mart_vacancy_rejection_reasons": ["vacancies", "vacancy_reviews"],
        "mart_vacancy_verification_quality": ["vacancies", "vacancy_reviews"],
        "mart_vacancy_rule_coverage": ["vacancies"],
        "mart_reviewer_load": ["vacancies", "vacancy_reviews"],
        "mart_performance": [
            "service_episodes", "insurance_events", "organisations", "workplaces", "registrations", "performance_targets",
            "satisfaction_surveys", "service_contacts", "credentials", "training_enrolments", "eligible_populations"
        ],
        "mart_performance_scores": [
            "service_episodes", "insurance_events", "organisations", "workplaces", "registrations", "performance_targets",
            "service_contacts", "credentials", "training_enrolments"
        ],
        "mart_coaching_funnel": [
            "assessments", "coaching_sessions", "insurance_events", "registrations", "referrals", "training_enrolments"
        ],
        "mart_occupation_coding": ["vacancies"],
        "mart_occupation_profile": ["vacancies", "registrations", "insurance_events"],
        "mart_occupation_wage": ["vacancies", "insurance_events", "workplaces"],
        "mart_occupation_openings_monthly": ["vacancies", "registrations"],
        "mart_occupation_employability": ["registrations", "insurance_events", "workplaces"],
        "mart_occupation_employability_quality": ["registrations", "insurance_events", "workplaces"],
        "mart_occupation_transition": ["insurance_events", "workplaces"],
        "mart_occupation_skill": ["vacancies"],
        "mart_occupation_similar": ["vacancies"],
        "mart_occupation_licence": ["vacancies", "qualifications"],
        "mart_occupation_training": ["training_runs"],
        "mart_occupation_requirement": ["vacancies", "qualifications", "training_runs"],
    }) }}
{%- endmacro %}

{# The same as rows of VALUES: (mart, entity). #}
{% macro mart_need_rows() -%}
    {%- set rows = [] -%}
    {%- for mart, entities in mart_needs().items() -%}
        {%- for entity in entities -%}
            {%- do rows.append("('" ~ mart ~ "', '" ~ entity ~ "')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ rows | join(", ") }}
{%- endmacro %}
