-- Values with what would be expected of the clients served: the national rate of the same period, moved by how far the
-- clients differ from the nation's (adjustment factor). A small cell is drawn towards it. A view: each reader takes a
-- part of it.
{{ config(materialized='view') }}
with

measured as (
    select
        *,
        year(ref_period) - case frequency when 'PY' then 1 else 0 end as year_no
    from {{ ref('int_performance_values') }}
),

nation as (
    select
        indicator,
        frequency,
        ref_period,
        numerator,
        denominator,
        low_education,
        disability,
        ui_beneficiary
    from {{ ref('int_performance_values') }}
    where breakdown_type = 'total' and denominator > 0
),

factored as (
    select
        measured.*,
        levels.target,
        cast(nation.numerator as double) / nation.denominator as national_rate,
        {% for factor in ["low_education", "disability", "ui_beneficiary"] %}
        {{ "+ " if not loop.first }}cast(coefficients.{{ factor }} as double) * (
            cast(measured.{{ factor }} as double) / nullif(measured.denominator, 0)
            - cast(nation.{{ factor }} as double) / nation.denominator
        )
        {% endfor %} as adjustment_factor
    from measured
    left join nation
        on
            measured.indicator = nation.indicator
            and measured.frequency = nation.frequency
            and measured.ref_period = nation.ref_period
    left join {{ ref('int_performance_coefficients') }} as coefficients
        on measured.indicator = coefficients.indicator and measured.year_no = coefficients.year_no
    -- a total is only compared with a target that covers all of it
    left join {{ ref('int_performance_levels') }} as levels
        on
            measured.indicator = levels.indicator
            and measured.frequency = levels.frequency
            and measured.ref_period = levels.ref_period
            and measured.breakdown_type = levels.breakdown_type
            and measured.organisation_type = levels.organisation_type
            and measured.organisation_code = levels.organisation_code
            and measured.programme_code = levels.programme_code
            and measured.client_group = levels.client_group
            and measured.denominator = levels.clients
),

expected as (
    select
        * exclude (national_rate, year_no),
        case
            when adjustment_factor is not null then greatest(least(national_rate + adjustment_factor, 1), 0)
        end
            as expected_rate
    from factored
)

select
    * exclude (adjustment_factor, expected_rate, target),
    cast(round(adjustment_factor, 10) as decimal(18, 10)) as adjustment_factor,
    cast(round(expected_rate, 10) as decimal(18, 10)) as expected_rate,
    cast(round(
        (numerator + {{ var("shrinkage_clients") }} * expected_rate)
        / (denominator + {{ var("shrinkage_clients") }}), 10
    ) as decimal(18, 10)) as shrunk_rate,
    cast(round((numerator / nullif(denominator, 0) - expected_rate) / nullif(
        sqrt(expected_rate * (1 - expected_rate) / nullif(denominator, 0)), 0
    ), 10) as decimal(28, 10)) as z_score,
    cast(round(target, 10) as decimal(18, 10)) as target,
    cast(round(case kind when 'median' then target else target + adjustment_factor end, 10) as decimal(18, 10))
        as target_adjusted
from expected
