-- Everything that says that a posted vacancy is no longer what it seems: the eleven signals of step 4, one row per
-- vacancy and signal, dated on the first day on which the signal holds.
with

postings as (
    select * from {{ ref('int_vacancies__lifecycle') }}
    where posted_from is not null
),

-- 1: the stated day has passed
expired as (
    select
        vacancy_key,
        'EXPIRED' as signal,
        deadline + 1 as signal_date,
        false as is_provisional,
        {{ json_facts({'stated_close_date': 'stated_close_date'}) }} as evidence
    from postings
    where stated_close_date = deadline and deadline < {{ as_of() }}
),

-- 2: missing in three complete lists in a row
disappeared as (
    select
        vacancy_key,
        'DISAPPEARED' as signal,
        absent_from as signal_date,
        false as is_provisional,
        {{ json_facts({'last_seen_date': 'last_seen_date', 'absent_from': 'absent_from'}) }} as evidence
    from postings
    where absent_from is not null
),

-- 3: its detail is gone
withdrawn as (
    select
        postings.vacancy_key,
        'WITHDRAWN' as signal,
        gone.gone_from as signal_date,
        false as is_provisional,
        {{ json_facts({'first_gone_date': 'gone.first_gone_date', 'gone_from': 'gone.gone_from'}) }} as evidence
    from postings
    inner join {{ ref('int_posting_details__gone') }} as gone
        on postings.posting_source_id = gone.source_id and postings.posting_id = gone.posting_id
),

-- 4: as many referred seekers were hired as there were openings
filled as (
    select
        vacancy_key,
        'FILLED' as signal,
        greatest(referrals_filled_on, posted_from) as signal_date,
        false as is_provisional,
        {{ json_facts({'openings': 'openings', 'referred_hires': 'referred_hires'}) }} as evidence
    from {{ ref('int_vacancies__filled') }}
    where referrals_filled_on is not null
),

-- 5: as many insured hires as openings
filled_ei as (
    select
        vacancy_key,
        'FILLED_EI' as signal,
        filled_on as signal_date,
        is_provisional,
        {{ json_facts({'openings': 'openings', 'openings_filled': 'openings_filled'}) }} as evidence
    from {{ ref('int_vacancies__filled') }}
    where filled_on is not null
),

-- 6: the tax office says closed, or the insured workplace is extinct
closed_employers as (
    select
        postings.vacancy_key,
        postings.posted_from,
        employers.business_status_code,
        case
            when employers.business_status_code = '03'
                then coalesce(employers.closed_date, employers.status_checked_date)
        end as tax_closed_date,
        workplaces.closed_date as workplace_closed_date
    from postings
    left join {{ ref('dim_employer') }} as employers on postings.business_no = employers.business_no
    left join {{ ref('dim_workplace') }} as workplaces on postings.workplace_no = workplaces.workplace_no
),

employer_closed as (
    select
        vacancy_key,
        'EMPLOYER_CLOSED' as signal,
        greatest(posted_from, least(tax_closed_date, workplace_closed_date)) as signal_date,
        false as is_provisional,
        {{ json_facts({
            'business_status_code': 'business_status_code',
            'tax_closed_date': 'tax_closed_date',
            'workplace_closed_date': 'workplace_closed_date'
        }) }} as evidence
    from closed_employers
    where least(tax_closed_date, workplace_closed_date) <= {{ as_of() }}
),

-- 7: two months without a stated day, or since the last change of a vacancy of the public service
validities as (
    select
        vacancy_key,
        posted_from,
        renewed_on,
        case
            when stated_close_date = deadline
                then {{ add_months('greatest(posted_from, coalesce(renewed_on, posted_from))', 2) }}
            else deadline
        end as valid_until,
        stated_close_date = deadline as has_stated_day,
        book = 'pes' as is_public_service,
        deadline
    from postings
),

validity_lapsed as (
    select
        vacancy_key,
        'VALIDITY_LAPSED' as signal,
        valid_until + 1 as signal_date,
        false as is_provisional,
        {{ json_facts({'posted_from': 'posted_from', 'renewed_on': 'renewed_on', 'valid_until': 'valid_until'}) }}
            as evidence
    from validities
    where
        valid_until < {{ as_of() }}
        and (not coalesce(has_stated_day, false) or (is_public_service and valid_until < deadline))
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

-- 10: the employer came on the list of wage arrears
arrears_lists as (
    {{ union_providers('wage_arrears') }}
),

arrears as (
    select
        postings.vacancy_key,
        'ARREARS' as signal,
        greatest(min(arrears_lists.listed_from), postings.posted_from) as signal_date,
        false as is_provisional,
        {{ json_facts({
            'list_id': 'min_by(arrears_lists.list_id, (arrears_lists.listed_from, arrears_lists.list_id))',
            'listed_from': 'min(arrears_lists.listed_from)'
        }) }} as evidence
    from postings
    inner join arrears_lists on postings.business_no = arrears_lists.business_no
    where
        arrears_lists.listed_from <= {{ as_of() }}
        and (arrears_lists.listed_to is null or arrears_lists.listed_to >= postings.posted_from)
    group by postings.vacancy_key, postings.posted_from
),

-- 11: the tax office says suspended since it was posted; what was suspended before is held by the rules
employer_suspended as (
    select
        postings.vacancy_key,
        'EMPLOYER_SUSPENDED' as signal,
        employers.suspended_from as signal_date,
        false as is_provisional,
        {{ json_facts({
            'last_other_date': 'employers.last_other_date',
            'suspended_from': 'employers.suspended_from'
        }) }} as evidence
    from postings
    inner join {{ ref('int_employers__suspended') }} as employers on postings.business_no = employers.business_no
    where employers.suspended_from >= postings.posted_from
),

found as (
    select * from expired
    union all
    select * from disappeared
    union all
    select * from withdrawn
    union all
    select * from filled
    union all
    select * from filled_ei
    union all
    select * from employer_closed
    union all
    select * from validity_lapsed
    union all
    select * from reported_filled
    union all
    select * from ghosts
    union all
    select * from arrears
    union all
    select * from employer_suspended
),

signals as (
    select
        found.vacancy_key,
        found.signal,
        kinds.signal_no,
        kinds.close_reason,
        kinds.strength,
        kinds.action,
        cast(found.signal_date as date) as signal_date,
        found.is_provisional,
        found.evidence
    from found
    inner join {{ ref('vacancy_signals') }} as kinds on found.signal = kinds.signal
    inner join postings on found.vacancy_key = postings.vacancy_key
    -- what comes after a posting was closed changes nothing
    where found.signal_date <= coalesce(postings.closed_on, {{ as_of() }})
)

select * from signals
