-- Figures of months as they were first published, on the day after their reports were due, and in each month after.
with

vintages as (
    {{ known_by_age(
        ['openings_new', 'registrations_new', 'ui_claims_new', 'acquisitions', 'losses'],
        read_on_day=var('reporting_deadline_day') + 1,
        last_age=var('last_age_months')
    ) }}
)

select * from vintages
where age_months > 0
