-- One row per vacancy and the interval it stood open.
with

reviews as (
    select * from {{ ref('int_vacancy_reviews__states') }}
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
    from {{ ref('int_vacancies__joined') }} as joined
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
