{{ config(severity='error', meta={'mart': 'mart_employment_trends_monthly', 'kind': 'identity'}) }}
-- Joining codes of three generations to the provinces in force neither loses nor doubles an opening or a registration.
with

registers as (
    select
        'openings_new' as indicator,
        {{ month_of('registered_date') }} as ref_period,
        sum(coalesce(openings, 0)) as counted
    from {{ ref('fct_vacancies') }}
    where is_submission
    group by {{ month_of('registered_date') }}
    union all
    select
        'registrations_new' as indicator,
        {{ month_of('reg_date') }} as ref_period,
        count(*) as counted
    from {{ ref('fct_registration_spells') }}
    group by {{ month_of('reg_date') }}
),

regions as (
    select
        indicator,
        ref_period,
        sum(numerator) as counted
    from {{ ref('mart_employment_trends_monthly') }}
    where breakdown_type = 'region' and indicator in ('openings_new', 'registrations_new')
    group by indicator, ref_period
),

compared as (
    select
        regions.indicator,
        regions.ref_period,
        regions.counted as counted_by_region,
        coalesce(registers.counted, 0) as counted_in_register
    from regions
    left join registers
        on regions.indicator = registers.indicator and regions.ref_period = registers.ref_period
)

select * from compared
where counted_by_region <> counted_in_register
