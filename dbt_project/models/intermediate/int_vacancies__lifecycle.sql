-- One row per vacancy: what was submitted and what was posted under one id, and the interval it stood open.
with

providers as (
    select * from {{ ref('int_vacancies__unioned') }}
),

sources as (
    select
        source_id,
        scope,
        country,
        delivery
    from {{ ref('dim_source') }}
),

scoped as (
    select
        providers.*,
        sources.country,
        sources.delivery,
        coalesce(sources.scope, 'unknown') as scope,
        -- the public service numbers its vacancies once; every other provider has its own numbers
        case when sources.scope = 'pes' then 'pes' else providers.source_id end || ':' || providers.posting_id
            as vacancy_key
    from providers
    left join sources on providers.source_id = sources.source_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by vacancy_key, is_submission
            order by provider_updated_at desc nulls last, source_id asc
        ) as version_rank
    from scoped
),

submissions as (
    select * from ranked
    where is_submission and version_rank = 1
),

postings as (
    select * from ranked
    where not is_submission and version_rank = 1
),

-- only complete lists can show that a posting is gone
complete_syncs as (
    select
        source_id,
        delivery_date,
        row_number() over (partition by source_id order by delivery_date) as sync_no,
        count(*) over (partition by source_id) as syncs
    from (
        select distinct
            source_id,
            delivery_date
        from {{ source('landing', '_loads') }}
        where delivery_status = 'complete' and delivery_date <= {{ as_of() }}
    ) as days
),

first_absences as (
    select
        postings.vacancy_key,
        min(complete_syncs.delivery_date) as absent_from
    from postings
    inner join complete_syncs
        on
            postings.source_id = complete_syncs.source_id
            and postings.last_delivery_date < complete_syncs.delivery_date
    where postings.delivery = 'snapshot'
    group by postings.vacancy_key
    having count(*) >= 3
),

reviews as (
    select * from {{ ref('int_vacancy_reviews__states') }}
),

joined as (
    select
        coalesce(s.vacancy_key, p.vacancy_key) as vacancy_key,
        coalesce(s.scope, p.scope) as scope,
        coalesce(s.country, p.country) as country,
        s.source_id as submission_source_id,
        p.source_id as posting_source_id,
        coalesce(s.posting_id, p.posting_id) as posting_id,
        s.vacancy_key is not null as is_submission,
        p.vacancy_key is not null as is_seen_posted,
        coalesce(s.registered_date, p.registered_date) as registered_date,
        s.first_received_date,
        s.channel_code,
        s.office_code,
        coalesce(s.employer_name, p.employer_name) as employer_name,
        coalesce(s.business_no, p.business_no) as business_no,
        s.workplace_no,
        coalesce(s.industry_code, p.industry_code) as industry_code,
        coalesce(s.title, p.title) as title,
        coalesce(s.occupation_scheme, p.occupation_scheme) as occupation_scheme,
        coalesce(s.occupation_code, p.occupation_code) as occupation_code,
        coalesce(s.region_code, p.region_code) as region_code,
        coalesce(s.employment_type_code, p.employment_type_code) as employment_type_code,
        coalesce(s.wage_currency, p.wage_currency) as wage_currency,
        coalesce(s.wage_type_code, p.wage_type_code) as wage_type_code,
        coalesce(s.wage_month_min, p.wage_month_min) as wage_month_min,
        coalesce(s.wage_month_max, p.wage_month_max) as wage_month_max,
        coalesce(s.weekly_hours, p.weekly_hours) as weekly_hours,
        coalesce(s.career_code, p.career_code) as career_code,
        coalesce(s.education_code, p.education_code) as education_code,
        coalesce(s.openings, p.openings) as openings,
        p.registered_date as seen_posted_from,
        coalesce(p.close_date, s.close_date) as stated_close_date,
        coalesce(p.is_until_filled, s.is_until_filled, false) as is_until_filled,
        p.url,
        p.licence_text,
        p.career_months,
        a.absent_from,
        p.last_delivery_date as last_seen_date,
        {{ local_date('coalesce(p.provider_updated_at, s.provider_updated_at)') }} as renewed_on
    from submissions as s
    full outer join postings as p on s.vacancy_key = p.vacancy_key
    left join first_absences as a on p.vacancy_key = a.vacancy_key
),

staged as (
    select
        joined.*,
        case when joined.is_submission then coalesce(reviews.state, 'pending') end as review_state,
        case
            when joined.is_seen_posted then joined.seen_posted_from
            when reviews.state = 'posted' then greatest(reviews.first_posting_sign_date, joined.registered_date)
        end as posted_from,
        case
            when reviews.last_signal in ('FILLED', 'EXPIRED', 'EMPLOYER_CLOSED', 'WITHDRAWN')
                then reviews.last_signal_date
        end as signalled_close_date,
        reviews.last_signal
    from joined
    -- on a column alone: a condition beside it makes the engine compare every row with every other
    left join reviews on joined.vacancy_key = reviews.vacancy_key
),

ends as (
    select
        *,
        -- without a stated day, or with one that had passed when it was posted, a vacancy is valid for two months
        case
            when stated_close_date >= posted_from then stated_close_date
            else {{ add_months('posted_from', 2) }}
        end as deadline
    from staged
),

lives as (
    select
        vacancy_key,
        -- whose numbering: the public service, or one other provider
        split_part(vacancy_key, ':', 1) as book,
        scope,
        country,
        submission_source_id,
        posting_source_id,
        posting_id,
        is_submission,
        is_seen_posted,
        registered_date,
        first_received_date,
        channel_code,
        office_code,
        employer_name,
        business_no,
        workplace_no,
        industry_code,
        title,
        occupation_scheme,
        occupation_code,
        region_code,
        employment_type_code,
        wage_currency,
        wage_type_code,
        wage_month_min,
        wage_month_max,
        weekly_hours,
        career_code,
        education_code,
        openings,
        stated_close_date,
        is_until_filled,
        url,
        licence_text,
        career_months,
        last_seen_date,
        renewed_on,
        absent_from,
        deadline,
        review_state,
        posted_from,
        -- first day on which the posting no longer stood open; NULL while it does
        case
            when posted_from is not null
                then nullif(
                    least(
                        coalesce(case when deadline < {{ as_of() }} then deadline + 1 end, cast('9999-12-31' as date)),
                        coalesce(signalled_close_date, cast('9999-12-31' as date)),
                        coalesce(absent_from, cast('9999-12-31' as date))
                    ),
                    cast('9999-12-31' as date)
                )
        end as closed_on,
        case
            when posted_from is null then null
            when
                signalled_close_date is not null
                and signalled_close_date <= coalesce(deadline + 1, signalled_close_date)
                and signalled_close_date <= coalesce(absent_from, signalled_close_date)
                then last_signal
            when deadline < {{ as_of() }} and deadline + 1 <= coalesce(absent_from, deadline + 1)
                then case when stated_close_date = deadline then 'DEADLINE' else 'VALIDITY_ENDED' end
            when absent_from is not null then 'DISAPPEARED'
        end as close_reason
    from ends
)

select * from lives
