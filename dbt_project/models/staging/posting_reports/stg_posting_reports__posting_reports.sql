{{ config(enabled=has_source('posting_reports')) }}

with

latest as (
    {{ latest_versions(
        'posting_reports',
        key=['report_id'],
        provider_timestamp='updated_at',
        received='received_date'
    ) }}
),

renamed as (
    select
        report_id,
        posting_id,
        seeker_reg_no as reporter_key,
        report_kind,
        reported_date
    from latest
)

select {{ conformed_columns('posting_reports') }}
from renamed
