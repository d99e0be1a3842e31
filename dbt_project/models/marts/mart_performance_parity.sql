with

rates as (
    select
        frequency,
        ref_period,
        indicator,
        breakdown_type,
        programme_code,
        client_group,
        numerator,
        denominator,
        is_final
    from {{ ref('int_performance_values') }}
    where
        kind = 'rate'
        and breakdown_type in ('client_group', 'programme_client_group')
        and client_group not in ('_N', '_U')
        and {{ has_entities(['service_episodes', 'insurance_events']) }}
),

compared as (
    select
        rates.frequency,
        rates.ref_period,
        rates.indicator,
        rates.breakdown_type,
        rates.programme_code,
        rates.client_group,
        rates.numerator,
        rates.denominator,
        rates.is_final,
        general.numerator as reference_numerator,
        general.denominator as reference_denominator,
        least(rates.denominator, coalesce(general.denominator, 0)) < {{ var("small_n") }} as is_small_n,
        {%- for side in ["low", "high"] %}
        {{ wilson('rates.numerator', 'rates.denominator', side) }} as rate_{{ side }},
        {{ wilson('general.numerator', 'general.denominator', side) }} as reference_{{ side }},
        {{ ratio_bound(
            'rates.numerator', 'rates.denominator', 'general.numerator', 'general.denominator', side
        ) }} as parity_{{ side }},
        {%- endfor %}
        {{ ratio('rates.numerator', 'rates.denominator') }} as rate,
        {{ ratio('general.numerator', 'general.denominator') }} as reference_rate,
        {{ ratio('rates.numerator * general.denominator', 'rates.denominator * general.numerator') }} as parity
    from rates
    left join rates as general
        on
            rates.frequency = general.frequency
            and rates.ref_period = general.ref_period
            and rates.indicator = general.indicator
            and rates.breakdown_type = general.breakdown_type
            and rates.programme_code = general.programme_code
            and general.client_group = 'GENERAL'
    where rates.client_group <> 'GENERAL'
),

-- Newcombe 1998, method 10: the Wilson intervals of both rates squared and added
told as (
    select
        frequency,
        ref_period,
        indicator,
        breakdown_type,
        programme_code,
        client_group,
        numerator,
        denominator,
        is_final,
        reference_numerator,
        reference_denominator,
        is_small_n,
        rate_low,
        reference_low,
        parity_low,
        rate_high,
        reference_high,
        parity_high,
        rate,
        reference_rate,
        parity,
        case when not is_small_n then parity end as told_parity,
        case when not is_small_n then rate - reference_rate end as difference,
        case when not is_small_n then rate - reference_rate - sqrt(
            power(cast(rate as double) - rate_low, 2) + power(cast(reference_high as double) - reference_rate, 2)
        ) end as difference_low,
        case when not is_small_n then rate - reference_rate + sqrt(
            power(cast(rate_high as double) - rate, 2) + power(cast(reference_rate as double) - reference_low, 2)
        ) end as difference_high
    from compared
)

select
    cast(ref_period as date) as ref_period,
    cast({{ time_period('frequency', 'ref_period') }} as varchar) as time_period,
    cast(frequency as varchar) as frequency,
    cast(indicator as varchar) as indicator,
    cast(breakdown_type as varchar) as breakdown_type,
    cast(programme_code as varchar) as programme_code,
    cast(client_group as varchar) as client_group,
    cast(numerator as bigint) as numerator,
    cast(denominator as bigint) as denominator,
    cast(reference_numerator as bigint) as reference_numerator,
    cast(reference_denominator as bigint) as reference_denominator,
    cast(told_parity as decimal(28, 10)) as parity,
    cast(case when told_parity is not null then parity_low end as decimal(28, 10)) as parity_low,
    cast(case when told_parity is not null then parity_high end as decimal(28, 10)) as parity_high,
    cast(difference as decimal(28, 10)) as difference,
    cast(round(difference_low, 10) as decimal(28, 10)) as difference_low,
    cast(round(difference_high, 10) as decimal(28, 10)) as difference_high,
    cast(
        case
            when told_parity is null or parity_low is null then null
            when parity_high < {{ var("parity_low") }} then 'below'
            when parity_low > {{ var("parity_high") }} then 'above'
            else 'within'
        end as varchar
    ) as parity_position,
    cast(is_small_n as boolean) as is_small_n,
    cast(case when is_final then 'F' else 'P' end as varchar) as status,
    {{ as_of() }} as as_of,
    cast(
        case
            when told_parity is not null then null
            when is_small_n then 'small_cell'
            else 'zero_denominator'
        end as varchar
    ) as null_reason
from told
