{{ config(enabled=has_source('onet_job_zones')) }}

with

latest as (
    {{ latest_versions('onet_job_zones', key=['onet_code']) }}
),

zones as (
    select
        'ONET' as occupation_scheme,
        onet_code as occupation_code,
        try_cast(job_zone as integer) as job_zone,
        coalesce(data_level = 'Y', false) as is_surveyed
    from latest
)

select {{ conformed_columns('occupation_job_zones') }}
from zones
