-- Months of the monthly marts, from the first month of a register (at most history_months back) to that of the working
-- day. A register that began with its open spells has no losses before: its months start with the first reported loss.
with

firsts as (
    select
        'labour' as register_group,
        min(registered_date) as first_date
    from {{ ref('fct_vacancies') }}
    where is_submission
    union all
    select
        'labour' as register_group,
        min(reg_date) as first_date
    from {{ ref('fct_registration_spells') }}
    union all
    select
        'insurance' as register_group,
        min(loss_received_date) as first_date
    from {{ ref('fct_insured_spells') }}
),

starts as (
    select
        register_group,
        greatest(
            {{ month_of('min(first_date)') }},
            {{ add_months(month_of(as_of()), -1 * var('history_months')) }}
        ) as first_month
    from firsts
    group by register_group
    having min(first_date) is not null
),

bounds as (
    select
        min(first_month) as first_month,
        {{ month_of(as_of()) }} as last_month
    from starts
),

months as (
    {{ month_series('first_month', 'last_month', 'bounds') }}
),

dated as (
    select
        months.month_date,
        cast({{ add_months('months.month_date', 1) }} - 1 as date) as month_end_date,
        coalesce(labour.first_month <= months.month_date, false) as is_labour_month,
        coalesce(insurance.first_month <= months.month_date, false) as is_insurance_month,
        case when {{ as_of() }} >= {{ reports_in('months.month_date') }} then 'F' else 'P' end as status
    from months
    left join starts as labour on labour.register_group = 'labour'
    left join starts as insurance on insurance.register_group = 'insurance'
)

select * from dated
