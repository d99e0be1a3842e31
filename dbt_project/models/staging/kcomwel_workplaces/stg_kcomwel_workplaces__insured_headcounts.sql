{{ config(enabled=has_source('kcomwel_workplaces')) }}

with

latest as (
    {{ latest_versions(
        'kcomwel_workplaces',
        key=['business_no', 'workplace_name', 'insurance_kind_code']
    ) }}
)

select {{ conformed_columns('insured_headcounts') }}
from latest
