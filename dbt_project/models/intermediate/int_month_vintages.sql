-- Figures of months as they were first published, on the day after their reports were due, and in each month after.
with

vintages as (
    {{ known_by_age(
        ['openings_new', 'registrations_new', 'ui_claims_new', 'acquisitions', 'losses'],
        read_on_day=var('reporting_deadline_day') + 1,
        last_age=var('last_age_months')
    ) }}
)

select
    indicator,
    region_code,
    month_date,
    age_months,
    known_on,
    amount
from vintages
where age_months > 0
union all
select
    indicator,
    region_code,
    month_date,
    age_months,
    known_on,
    amount
from {{ ref('int_insured_stock__revised') }}
