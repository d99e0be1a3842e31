-- Every month of the monthly marts: from the first month of any register (at most history_months back) to the month
-- of the working day. No register has rows: no months.
with

firsts as (
    select min(registered_date) as first_date from {{ ref('fct_vacancies') }}
    where is_submission
    union all
    select min(reg_date) as first_date from {{ ref('fct_registration_spells') }}
    union all
    select min(first_received_date) as first_date from {{ ref('fct_insured_spells') }}
),

bounds as (
    select
        greatest(
            {{ month_of('min(first_date)') }},
            {{ add_months(month_of(as_of()), -1 * var('history_months')) }}
        ) as first_month,
        {{ month_of(as_of()) }} as last_month
    from firsts
    having min(first_date) is not null
),

months as (
    {{ month_series('first_month', 'last_month', 'bounds') }}
),

dated as (
    select
        month_date,
        cast({{ add_months('month_date', 1) }} - 1 as date) as month_end_date,
        case
            when {{ as_of() }} >= {{ add_months('month_date', 1) }} + {{ var('reporting_deadline_day') - 1 }} then 'F'
            else 'P'
        end as status
    from months
)

select * from dated
