-- Signals 8 and 9 of step 4: weak ones, that only the employer can answer.
with

postings as (
    select * from {{ ref('int_vacancies__lifecycle') }}
    where posted_from is not null
),

-- 8: three seekers told the public service; without a provider of such reports there is no row
reports as (
    {{ union_providers('posting_reports') }}
),

numbered_reports as (
    select
        posting_id,
        first_report_date,
        row_number() over (partition by posting_id order by first_report_date, reporter_key) as reporter_no
    from (
        select
            posting_id,
            reporter_key,
            min(reported_date) as first_report_date
        from reports
        where report_kind = 'FILLED' and reported_date <= {{ as_of() }}
        group by posting_id, reporter_key
    ) as reporters
),

reported_filled as (
    select
        postings.vacancy_key,
        'REPORTED_FILLED' as signal,
        greatest(numbered_reports.first_report_date, postings.posted_from) as signal_date,
        false as is_provisional,
        {{ json_facts({'third_report_date': 'numbered_reports.first_report_date'}) }} as evidence
    from postings
    inner join numbered_reports on postings.vacancy_key = 'pes:' || numbered_reports.posting_id
    where numbered_reports.reporter_no = 3
),

-- 9: the same advertisement again and again, and nobody was hired
repeated as (
    select
        postings.vacancy_key,
        postings.posted_from,
        count(*) over half_year - 1 as reposts,
        sum(coalesce(fills.openings_filled, 0) + coalesce(fills.referred_hires, 0)) over half_year as hires
    from postings
    left join {{ ref('int_vacancies__filled') }} as fills on postings.vacancy_key = fills.vacancy_key
    where postings.business_no is not null and postings.title is not null
    window half_year as (
        partition by
            postings.book,
            postings.business_no,
            postings.occupation_code,
            postings.region_code,
            lower(replace(postings.title, ' ', ''))
        order by postings.posted_from
        range between interval 180 days preceding and current row
    )
),

ghosts as (
    select
        vacancy_key,
        'GHOST' as signal,
        posted_from as signal_date,
        false as is_provisional,
        {{ json_facts({'reposts_180_days': 'reposts', 'hires_180_days': 'hires'}) }} as evidence
    from repeated
    where reposts >= 3 and hires = 0
),

found as (
    select * from reported_filled
    union all
    select * from ghosts
)

select * from found
