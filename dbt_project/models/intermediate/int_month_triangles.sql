-- Run-off triangles of what is reported late: months by their age on the present day of the month, so that the last
-- diagonal is what is known now and the one before what was known a month ago.
with

triangles as (
    {{ known_by_age(
        ['acquisitions', 'losses'],
        read_on_day='extract(day from ' ~ as_of() ~ ')',
        last_age=var('last_age_months')
    ) }}
),

numbered as (
    select
        *,
        cast({{ age_when_known('month_date', as_of(), 31) }} as integer) as months_back
    from triangles
    where age_months > 0
)

select * from numbered
