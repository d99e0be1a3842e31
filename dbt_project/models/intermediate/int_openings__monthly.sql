-- New openings by month of submission, current province and occupation group. Every submission counts, posted or not.
with

submissions as (
    select
        {{ month_of('registered_date') }} as month_date,
        region_code,
        occupation_group,
        posting_state,
        coalesce(openings, 0) as openings
    from {{ ref('fct_vacancies') }}
    where is_submission
),

monthly as (
    select
        submissions.month_date,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        submissions.occupation_group as occupation_code,
        cast(sum(submissions.openings * coalesce(sidos.weight, 1)) as decimal(18, 4)) as openings_new,
        cast(
            sum(
                case when submissions.posting_state = 'posted' then submissions.openings else 0 end
                * coalesce(sidos.weight, 1)
            ) as decimal(18, 4)
        ) as openings_posted
    from submissions
    left join {{ ref('int_sidos__current') }} as sidos on submissions.region_code = sidos.region_code
    group by 1, 2, 3
)

select * from monthly
