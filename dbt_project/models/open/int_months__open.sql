-- Months of which open tables are made: their reports were due by the working day, and they are not older than
-- open_months. What was published of older ones stays as it was.
with

due as (
    select
        month_date,
        month_end_date,
        is_labour_month,
        is_insurance_month,
        strftime(month_date, '%Y-%m') as time_period
    from {{ ref('int_months__spine') }}
    where status = 'F'
    order by month_date desc
    limit {{ var('open_months') }}
)

select * from due
