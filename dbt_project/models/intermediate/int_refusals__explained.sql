-- Why submissions were refused: each reason of each refusal, the one that weighs most first.
with

submissions as (
    select
        vacancy_key,
        month_date,
        posting_state,
        unnest([channel_code, '_T']) as channel_code
    from {{ ref('int_submissions__measured') }}
    where {{ has_entity('vacancies') and has_entity('vacancy_reviews') }}
),

-- of a rejection, the rules that reject; what they would have held or warned of besides is no reason
rejecting as (
    select
        results.review_key,
        list(distinct results.code order by results.code) as reason_codes
    from {{ ref('fct_rule_result') }} as results
    inner join {{ ref('fct_vacancies') }} as vacancies
        on results.vacancy_key = vacancies.vacancy_key and results.source_id = vacancies.submission_source_id
    where results.outcome = 'reject'
    group by results.review_key
),

-- the decision that refused: of people and the provider the last one, of our rules the one in force
refusals as (
    select
        vacancy_key,
        'VERIFICATION' as decided_by,
        reason_codes,
        primary_code
    from (
        select
            *,
            row_number() over (
                partition by vacancy_key
                order by decided_date desc, decided_at desc, step_no desc, review_key desc
            ) as recency
        from {{ ref('fct_posting_review') }}
        where not is_machine and decision in ('REFUSE', 'REJECT', 'CONFIRMED_BAD')
    ) as refusing
    where recency = 1
    union all
    select
        reviews.vacancy_key,
        'RULES' as decided_by,
        rejecting.reason_codes,
        reviews.primary_code
    from {{ ref('fct_posting_review') }} as reviews
    inner join rejecting on reviews.review_key = rejecting.review_key
    where reviews.is_latest and reviews.decision = 'REJECT'
),

refused as (
    select
        submissions.month_date,
        submissions.channel_code,
        refusals.decided_by,
        refusals.vacancy_key,
        refusals.primary_code,
        case when len(refusals.reason_codes) = 0 then ['_U'] else list_distinct(refusals.reason_codes) end
            as reason_codes
    from refusals
    inner join submissions on refusals.vacancy_key = submissions.vacancy_key
    where refusals.decided_by = 'RULES' or submissions.posting_state = 'rejected'
),

reasons as (
    select
        month_date,
        channel_code,
        decided_by,
        vacancy_key,
        primary_code,
        unnest(reason_codes) as reason_code
    from refused
),

-- the primary reason is the one that weighs most; of equal ones the rule with the lowest number
ranked as (
    select
        reasons.*,
        row_number() over (
            partition by reasons.month_date, reasons.channel_code, reasons.decided_by, reasons.vacancy_key
            order by
                coalesce(reasons.reason_code = reasons.primary_code, false) desc,
                case codes.severity when 'reject' then 1 when 'hold' then 2 when 'warn' then 3 else 4 end asc,
                codes.rule_number asc nulls last,
                reasons.reason_code asc
        ) as weight_rank
    from reasons
    left join {{ ref('int_reason_codes') }} as codes on reasons.reason_code = codes.code
)

select * from ranked
