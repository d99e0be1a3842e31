-- One row per vacancy: what was submitted and what was posted under one id, in the latest version of each, and since
-- when it is missing in the lists.
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
)

select * from joined
