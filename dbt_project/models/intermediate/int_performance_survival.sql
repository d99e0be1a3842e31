-- What Kaplan-Meier curves tell of the days from registration to the first job and of the days in it, in breakdowns by
-- one dimension. Who has not got there is counted until the last day whose reports were due.
with

episodes as (
    select * from {{ ref('fct_service_episodes') }}
    where not is_excluded
),

durations as (
    select
        'days_to_placement_median' as indicator,
        organisation_code,
        programme_code,
        client_group,
        {{ quarter_of('start_date') }} as quarter_date,
        least(coalesce(first_job_date, observed_until), observed_until) - reg_date as duration,
        coalesce(first_job_date <= observed_until, false) as is_event
    from episodes
    where start_date < observed_until
    union all
    select
        'retention_km_6m' as indicator,
        organisation_code,
        programme_code,
        client_group,
        {{ quarter_of('placed_on') }} as quarter_date,
        least(coalesce(placement_loss_date, observed_until + 1), observed_until + 1) - placed_on as duration,
        coalesce(placement_loss_date <= observed_until, false) as is_event
    from episodes
    where placed_on <= observed_until
),

periods as (
    {{ in_periods('durations') }}
),

cells as (
    {% for breakdown in ["total", "organisation_type", "organisation", "programme", "client_group"] %}
    {% set codes = performance_breakdowns()[breakdown] %}
    select
        indicator,
        frequency,
        ref_period,
        '{{ breakdown }}' as breakdown_type,
        {% for code in ["organisation_type", "organisation_code", "programme_code", "client_group"] %}
        {{ code if code in codes else "'_T'" }} as {{ code }},
        {% endfor %}
        duration,
        is_event
    from periods
    {{ "union all" if not loop.last }}
    {% endfor %}
),

curves as (
    {{ kaplan_meier('cells', [
        "indicator", "frequency", "ref_period", "breakdown_type", "organisation_type", "organisation_code",
        "programme_code", "client_group"
    ]) }}
),

read_off as (
    select
        indicator,
        frequency,
        ref_period,
        breakdown_type,
        organisation_type,
        organisation_code,
        programme_code,
        client_group,
        max(at_risk) as denominator,
        {{ outlasted_by(0.5) }} as median_days,
    {% for months, days in {"6m": 183, "12m": 365}.items() %}
    -- not known of a cell in which nobody was observed that long
    case
        when max(duration) >= {{ days }} or min(survival) = 0
            then coalesce(min(survival) filter (where duration <= {{ days }}), 1)
    end as survival_{{ months }}{{ "," if not loop.last }}
    {% endfor %}
    from curves
    group by
        indicator, frequency, ref_period, breakdown_type, organisation_type, organisation_code, programme_code,
        client_group
),

told as (
    select
        * exclude (median_days, survival_6m, survival_12m),
        case indicator when 'days_to_placement_median' then median_days else survival_6m end as value
    from read_off
    union all by name
    select
        * exclude (median_days, survival_6m, survival_12m) replace ('retention_km_12m' as indicator),
        survival_12m as value
    from read_off
    where indicator = 'retention_km_6m'
)

select * from told
