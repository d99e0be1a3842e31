{{ config(enabled=has_source('tx_training_programmes')) }}

with

latest as (
    {{ latest_versions('tx_training_programmes', key=['program_id'], provider_timestamp='updated_at') }}
),

programmes as (
    select
        *,
        program_id as programme_id,
        provider_id as organisation_code,
        provider_name as organisation_name,
        institution_type as organisation_type,
        campus_id as campus_code,
        'US-' || campus_state as region_code,
        campus_county as county_name,
        'CIP' as field_scheme,
        lpad(cip_code, 6, '0') as field_code,
        'ONET' as occupation_scheme,
        {{ onet_code('onet_code_1') }} as occupation_code,
        nullif(
            concat_ws(
                ' ',
                {{ onet_code('onet_code_1') }},
                {{ onet_code('onet_code_2') }},
                {{ onet_code('onet_code_3') }}
            ),
            ''
        ) as occupation_codes,
        try_cast(contact_hours_text as bigint) as duration_hours,
        try_cast(weeks_text as bigint) as duration_weeks,
        case when 'ERROR' in (contact_hours_text, weeks_text) then 'provider_error' end as duration_null_reason,
        'USD' as cost_currency,
        tuition_usd as tuition,
        books_usd as books,
        optional_usd as optional_cost,
        status = 'Approved' as is_approved,
        {{ date_at('listed_at', 'America/Chicago') }} as listed_date,
        {{ date_at('updated_at', 'America/Chicago') }} as updated_date
    from latest
),

coded as (
    select
        * replace (
            nullif(outcome, 'INVALID CODE') as outcome,
            nullif(delivery_method, 'INVALID CODE') as delivery_method
        )
    from programmes
)

select {{ conformed_columns('training_programmes') }}
from coded
