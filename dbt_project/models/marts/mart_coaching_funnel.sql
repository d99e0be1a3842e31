with

clients as (
    select
        assessed_date,
        organisation_code,
        observed_until,
        coached_date,
        trained_date,
        applied_date,
        placed_date,
        last_session_date,
        services,
        services_referred,
        services_started,
        sessions_rated,
        sessions_helpful,
        is_followed_up,
        is_retained_6m,
        is_retained_12m,
        is_window_closed,
        {{ quarter_of('assessed_date') }} as quarter_date,
        coached_date is not null as is_coached
    from {{ ref('fct_coaching_clients') }}
    where {{ has_entities(['assessments', 'coaching_sessions', 'insurance_events']) }}
),

-- both sides of each indicator: who reached the step, of whom
counted as (
    {% for indicator, sides in coaching_indicators().items() %}
    select
        '{{ indicator }}' as indicator,
        organisation_code,
        quarter_date,
        sum({{ sides.numerator }}) filter (where {{ sides.members }}) as numerator,
        {% if sides.denominator %}
        sum({{ sides.denominator }}) filter (where {{ sides.members }}) as denominator,
        {% else %}
        cast(null as bigint) as denominator,
        {% endif %}
        count(*) filter (where not ({{ sides.members }}) and {{ sides.cohort }}) as pending
    from clients
    group by organisation_code, quarter_date
    {{ "union all" if not loop.last }}
    {% endfor %}
),

periods as (
    select
        indicator,
        organisation_code,
        quarter_date,
        numerator,
        denominator,
        pending,
        'Q' as frequency,
        quarter_date as ref_period
    from counted
    union all
    select
        indicator,
        organisation_code,
        quarter_date,
        numerator,
        denominator,
        pending,
        'A' as frequency,
        cast(date_trunc('year', quarter_date) as date) as ref_period
    from counted
),

summed as (
    select
        frequency,
        ref_period,
        indicator,
        coalesce(organisation_code, '_T') as organisation_code,
        coalesce(sum(numerator), 0) as numerator,
        sum(denominator) as denominator,
        sum(pending) as pending
    from periods
    group by grouping sets (
        (frequency, ref_period, indicator, organisation_code),
        (frequency, ref_period, indicator)
    )
),

-- an empty cell of the seed is text in some engines and NULL in others
catalogue as (
    select
        indicator,
        numerator,
        nullif(denominator, '') as denominator,
        scale,
        unit
    from {{ ref('coaching_indicators') }}
)

select
    cast(summed.ref_period as date) as ref_period,
    cast({{ time_period('summed.frequency', 'summed.ref_period') }} as varchar) as time_period,
    cast(summed.frequency as varchar) as frequency,
    cast(summed.indicator as varchar) as indicator,
    cast(summed.organisation_code as varchar) as organisation_code,
    case
        when indicators.denominator is not null
            then {{ ratio('summed.numerator * indicators.scale', 'summed.denominator') }}
        else cast(summed.numerator as decimal(28, 10))
    end as value,
    cast(summed.numerator as decimal(28, 4)) as numerator,
    cast(indicators.numerator as varchar) as numerator_name,
    cast(
        case when indicators.denominator is not null then coalesce(summed.denominator, 0) end as decimal(28, 4)
    ) as denominator,
    cast(indicators.denominator as varchar) as denominator_name,
    cast(summed.pending as bigint) as pending,
    cast(case
        when indicators.unit = 'percent' then 100 * {{ wilson('summed.numerator', 'summed.denominator', 'low') }}
    end as decimal(28, 10)) as interval_low,
    cast(case
        when indicators.unit = 'percent' then 100 * {{ wilson('summed.numerator', 'summed.denominator', 'high') }}
    end as decimal(28, 10)) as interval_high,
    cast(
        indicators.denominator is not null and coalesce(summed.denominator, 0) < {{ var("small_n") }} as boolean
    ) as is_small_n,
    cast(indicators.unit as varchar) as unit,
    cast(case when summed.pending = 0 then 'F' else 'P' end as varchar) as status,
    {{ as_of() }} as as_of,
    cast(
        case
            when indicators.denominator is null or summed.denominator > 0 then null
            when summed.pending > 0 then 'window_open'
            else 'zero_denominator'
        end as varchar
    ) as null_reason
from summed
inner join catalogue as indicators on summed.indicator = indicators.indicator
