-- Registrations that have been followed for six months, with the first insured job that began in this time: size of the
-- employer and kind of employment. Published are the last 24 months of them; how well such figures predict is tested on
-- the last six, from what was known when these began.
with

ends as (
    select cast({{ observed_until() }} - {{ var('employability_days') }} as date) as published_to
),

bounds as (
    select
        published_to,
        cast({{ add_months('published_to', -1 * var('employability_months')) }} + 1 as date) as published_from,
        cast({{ add_months('published_to', -1 * var('employability_test_months')) }} + 1 as date) as tested_from
    from ends
),

windows as (
    select
        published_from,
        published_to,
        tested_from,
        cast(tested_from - {{ var('employability_days') }} - 1 as date) as learnt_to,
        cast(
            {{ add_months('tested_from', -1 * var('employability_months')) }} - {{ var('employability_days') }} as date
        ) as learnt_from
    from bounds
),

registrations as (
    select
        spells.seeker_reg_no,
        spells.person_key,
        spells.reg_date,
        spells.current_occupation_code as occupation_code,
        coalesce(spells.sex, '_U') as sex,
        {{ age_group('extract(year from spells.reg_date) - spells.birth_year') }} as age_group,
        windows.published_from,
        windows.published_to,
        spells.reg_date >= windows.published_from as is_published,
        spells.reg_date >= windows.learnt_from and spells.reg_date <= windows.learnt_to as is_learnt,
        spells.reg_date >= windows.tested_from as is_tested
    from {{ ref('fct_registration_spells') }} as spells
    inner join windows
        on
            spells.reg_date >= least(windows.learnt_from, windows.published_from)
            and spells.reg_date <= windows.published_to
),

employers as (
    select
        coalesce(business_no, workplace_no) as employer_no,
        sum(headcount) as headcount
    from {{ ref('dim_workplace') }}
    group by coalesce(business_no, workplace_no)
),

first_jobs as (
    select
        registrations.seeker_reg_no,
        arg_min(
            struct_pack(
                workplace_no := jobs.workplace_no,
                weekly_hours := jobs.weekly_hours,
                contract_end_ym := jobs.contract_end_ym
            ),
            struct_pack(begun := jobs.acquisition_date, spell_no := jobs.spell_no)
        ) as job
    from registrations
    inner join {{ ref('fct_insured_spells') }} as jobs
        on
            registrations.person_key = jobs.person_key
            and registrations.reg_date < jobs.acquisition_date
            and registrations.reg_date + {{ var('employability_days') }} >= jobs.acquisition_date
    where jobs.is_headline and not jobs.is_inverted
    group by registrations.seeker_reg_no
),

followed as (
    select
        registrations.seeker_reg_no,
        registrations.person_key,
        registrations.reg_date,
        registrations.occupation_code,
        registrations.sex,
        registrations.age_group,
        registrations.published_from,
        registrations.published_to,
        registrations.is_published,
        registrations.is_learnt,
        registrations.is_tested,
        case when first_jobs.job is null then 'NONE' else {{ firm_size('employers.headcount') }} end as firm_size,
        case
            when first_jobs.job is null then 'NONE'
            else {{ employment_type('first_jobs.job.weekly_hours', 'first_jobs.job.contract_end_ym') }}
        end as employment_type
    from registrations
    left join first_jobs on registrations.seeker_reg_no = first_jobs.seeker_reg_no
    left join {{ ref('dim_workplace') }} as workplaces on first_jobs.job.workplace_no = workplaces.workplace_no
    left join employers on coalesce(workplaces.business_no, workplaces.workplace_no) = employers.employer_no
)

select * from followed
