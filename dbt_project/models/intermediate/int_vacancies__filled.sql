-- How many openings of each posted vacancy were filled: by insured hires, and by results of referrals.
with

postings as (
    select
        vacancy_key,
        posting_id,
        book,
        posted_from,
        openings
    from {{ ref('int_vacancies__lifecycle') }}
    where posted_from is not null and openings > 0
),

hires as (
    select
        vacancy_key,
        count(*) as openings_filled,
        max(acquisition_date) as last_hire_date
    from {{ ref('int_vacancy_hires__matched') }}
    group by vacancy_key
),

-- one seeker is hired once
referred_hires as (
    select
        posting_id,
        seeker_reg_no,
        min(result_date) as hired_on
    from {{ ref('fct_referrals') }}
    where result = 'HIRED' and result_date is not null
    group by posting_id, seeker_reg_no
),

numbered_referrals as (
    select
        postings.vacancy_key,
        postings.openings,
        referred_hires.hired_on,
        row_number() over (
            partition by postings.vacancy_key
            order by referred_hires.hired_on, referred_hires.seeker_reg_no
        ) as hire_no
    from postings
    inner join referred_hires on postings.posting_id = referred_hires.posting_id
    where postings.book = 'pes'
),

referrals as (
    select
        vacancy_key,
        count(*) as referred_hires,
        min(hired_on) filter (where hire_no = openings) as referrals_filled_on
    from numbered_referrals
    group by vacancy_key
),

filled as (
    select
        postings.vacancy_key,
        postings.posted_from,
        postings.openings,
        coalesce(hires.openings_filled, 0) as openings_filled,
        {{ ratio('coalesce(hires.openings_filled, 0)', 'postings.openings') }} as fill_share,
        case when hires.openings_filled >= postings.openings then hires.last_hire_date end as filled_on,
        -- later reports and cancellations may still change it
        {{ as_of() }} < {{ reports_in(month_of("coalesce(
            case when hires.openings_filled >= postings.openings then hires.last_hire_date end,
            postings.posted_from + " ~ var('hire_window_days') ~ "
        )")) }} as is_provisional,
        coalesce(referrals.referred_hires, 0) as referred_hires,
        referrals.referrals_filled_on
    from postings
    left join hires on postings.vacancy_key = hires.vacancy_key
    left join referrals on postings.vacancy_key = referrals.vacancy_key
)

select * from filled
