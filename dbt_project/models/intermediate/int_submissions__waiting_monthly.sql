-- One row per month and submission that nobody had decided at its end, or on the working day in the current month.
with

months as (
    select
        month_date,
        least(month_end_date, {{ as_of() }}) as last_day
    from {{ ref('int_months__spine') }}
    where is_labour_month and {{ has_entity('vacancies') and has_entity('vacancy_reviews') }}
),

open_cases as (
    select
        months.month_date,
        months.last_day,
        submissions.channel_code,
        submissions.office_code,
        submissions.source_id,
        submissions.occupation_group,
        submissions.vacancy_key,
        submissions.registered_date
    from {{ ref('int_submissions__measured') }} as submissions
    inner join {{ ref('fct_posting_status') }} as statuses on submissions.vacancy_key = statuses.vacancy_key
    inner join months
        on
            statuses.valid_from <= months.last_day
            and coalesce(statuses.valid_to, cast('9999-12-31' as date)) > months.last_day
    where statuses.state in ('pending', 'returned_open', 'held_open')
)

select * from open_cases
