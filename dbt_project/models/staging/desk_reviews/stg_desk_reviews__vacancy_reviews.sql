{{ config(enabled=has_source('desk_reviews')) }}

with

latest as (
    {{ latest_versions(
        'desk_reviews',
        key=['review_id'],
        provider_timestamp='decided_at',
        received='received_date'
    ) }}
)

select {{ conformed_columns('vacancy_reviews') }}
from latest
