{{ config(enabled=has_source('vacancy_reviews')) }}

with

latest as (
    {{ latest_versions(
        'vacancy_reviews',
        key=['review_id'],
        provider_timestamp='decided_at',
        received='received_date'
    ) }}
)

select
    {{ conformed_columns(
        'vacancy_reviews',
        missing=[
            'vacancy_source', 'record_hash', 'selection_code', 'is_double', 'machine_decision', 'rule_set',
            'call_attempts'
        ]
    ) }}
from latest
