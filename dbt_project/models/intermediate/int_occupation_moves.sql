-- What came after each insured job that ended: the first other job that its holder has after the loss, begun at the
-- latest 180 days after it; none is leaving insured employment. Only jobs whose window is over and reported on.
with

reports as (
    select max(month_end_date) as reported_until
    from {{ ref('int_months__spine') }}
    where status = 'F' and is_insurance_month
),

bounds as (
    select
        cast(
            {{ add_months('reported_until', -1 * var('transition_months')) }}
            - {{ var('transition_gap_days') }}
            + 1 as date
        )
            as losses_from,
        cast(reported_until - {{ var('transition_gap_days') }} as date) as losses_to
    from reports
),

ended as (
    select
        jobs.spell_no,
        jobs.person_id,
        jobs.country,
        jobs.occupation_code,
        jobs.loss_date,
        jobs.monthly_pay_krw,
        bounds.losses_from,
        bounds.losses_to
    from {{ ref('int_occupation_jobs') }} as jobs
    inner join bounds on jobs.loss_date >= bounds.losses_from and jobs.loss_date <= bounds.losses_to
),

-- a job that overlaps the loss counts from the day of the loss; ranked by sorting, which needs no more memory for many
followed as (
    select
        ended.spell_no,
        ended.person_id,
        ended.country,
        ended.occupation_code as from_code,
        later.occupation_code as to_code,
        ended.losses_from,
        ended.losses_to,
        ended.monthly_pay_krw as wage_before,
        later.monthly_pay_krw as wage_after,
        rank() over (
            partition by ended.spell_no
            order by greatest(later.acquisition_date, ended.loss_date), later.acquisition_date, later.spell_no
        ) as place
    from ended
    left join {{ ref('int_occupation_jobs') }} as later
        on
            ended.person_id = later.person_id
            and ended.spell_no <> later.spell_no
            and later.acquisition_date <= ended.loss_date + {{ var('transition_gap_days') }}
            and coalesce(later.loss_date, cast('9999-12-31' as date)) > ended.loss_date
),

moves as (
    select
        spell_no,
        person_id,
        country,
        from_code,
        to_code,
        losses_from,
        losses_to,
        wage_before,
        wage_after
    from followed
    where place = 1
)

select * from moves
