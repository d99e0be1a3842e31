-- The first insured job after the start of each episode, and what was earned in the job before. Daily work is no
-- placement.
with

episodes as (
    select
        episode_no,
        person_key,
        person_id,
        start_date
    from {{ ref('int_episodes__described') }}
),

spells as (
    select
        person_id,
        spell_no,
        workplace_no,
        acquisition_date,
        loss_date,
        monthly_pay_krw,
        contract_end_ym
    from {{ ref('fct_insured_spells') }}
    where is_headline and not is_inverted
),

-- days first, over narrow rows; the jobs that began on them are looked up after
turns as (
    select
        episodes.episode_no,
        episodes.person_id,
        min(spells.acquisition_date) filter (where spells.acquisition_date > episodes.start_date) as first_date,
        max(spells.acquisition_date) filter (where spells.acquisition_date <= episodes.start_date) as previous_date
    from episodes
    inner join spells on episodes.person_id = spells.person_id
    group by episodes.episode_no, episodes.person_id
),

-- of jobs that began on one day, the first is the one reported first, the previous the one reported last; ranked by
-- sorting, which needs no more memory for many
first_jobs as (
    select
        turns.episode_no,
        spells.spell_no,
        spells.workplace_no,
        spells.acquisition_date,
        spells.loss_date,
        spells.monthly_pay_krw,
        spells.contract_end_ym is null as is_open_ended,
        rank() over (partition by turns.episode_no order by spells.spell_no) as place
    from turns
    inner join spells on turns.person_id = spells.person_id and turns.first_date = spells.acquisition_date
),

previous_jobs as (
    select
        turns.episode_no,
        spells.monthly_pay_krw,
        rank() over (partition by turns.episode_no order by spells.spell_no desc) as place
    from turns
    inner join spells on turns.person_id = spells.person_id and turns.previous_date = spells.acquisition_date
    where turns.first_date is not null
),

joined as (
    select
        episodes.episode_no,
        episodes.person_key,
        episodes.person_id,
        first_jobs.spell_no,
        coalesce(workplaces.business_no, first_jobs.workplace_no) as employer_no,
        first_jobs.acquisition_date,
        first_jobs.loss_date,
        first_jobs.monthly_pay_krw,
        first_jobs.is_open_ended,
        previous_jobs.monthly_pay_krw as previous_monthly_pay_krw
    from episodes
    inner join first_jobs on episodes.episode_no = first_jobs.episode_no and first_jobs.place = 1
    left join previous_jobs on episodes.episode_no = previous_jobs.episode_no and previous_jobs.place = 1
    left join {{ ref('dim_workplace') }} as workplaces on first_jobs.workplace_no = workplaces.workplace_no
)

select * from joined
