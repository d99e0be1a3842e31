with

measured as (
    select * from {{ ref('int_performance_values') }}
    where {{ has_entities(['service_episodes', 'insurance_events']) }}
),

published as (
    select
        cast(ref_period as date) as ref_period,
        cast(
            case frequency
                when 'Q' then strftime(ref_period, '%Y') || '-Q' || quarter(ref_period)
                when 'A' then strftime(ref_period, '%Y')
                else 'PY' || strftime(ref_period, '%Y')
            end as varchar
        ) as time_period,
        cast(frequency as varchar) as frequency,
        cast(indicator as varchar) as indicator,
        cast(breakdown_type as varchar) as breakdown_type,
        cast(organisation_type as varchar) as organisation_type,
        cast(organisation_code as varchar) as organisation_code,
        cast(programme_code as varchar) as programme_code,
        cast(client_group as varchar) as client_group,
        cast(value as decimal(28, 10)) as value,
        cast(numerator as decimal(28, 4)) as numerator,
        cast(denominator as decimal(28, 4)) as denominator,
        cast(pending as bigint) as pending,
        cast(excluded as bigint) as excluded,
        case when kind = 'rate' then {{ wilson('numerator', 'denominator', 'low') }} end as interval_low,
        case when kind = 'rate' then {{ wilson('numerator', 'denominator', 'high') }} end as interval_high,
        cast(unit as varchar) as unit,
        cast(case when is_final then 'F' else 'P' end as varchar) as status,
        {{ as_of() }} as as_of,
        cast(
            case
                when value is not null then null
                when denominator is null then 'target_absent'
                when denominator = 0 and pending > 0 then 'window_open'
                when kind = 'survival' then 'not_observed_long_enough'
                when denominator = 0 then 'zero_denominator'
            end as varchar
        ) as null_reason
    from measured
)

select * from published
