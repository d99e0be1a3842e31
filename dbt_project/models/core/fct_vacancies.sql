with

lives as (
    select * from {{ ref('int_vacancies__lifecycle') }}
),

states as (
    select
        *,
        -- undecided for more than 60 days: nobody will decide it any more
        case
            when
                review_state in ('returned_open', 'held_open', 'pending')
                and registered_date + 60 < {{ as_of() }}
                then 'expired_undecided'
            else review_state
        end as posting_state,
        coalesce(case when occupation_scheme = 'KECO' then left(occupation_code, 2) end, '_U') as occupation_group
    from lives
)

select * from states
