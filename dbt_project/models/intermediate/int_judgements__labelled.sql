-- One row per posting and algorithm that judged it: its decision in force beside the label of the call centre. RULES
-- are the rules of this warehouse, PROVIDER the step S3 as the provider ran it.
with

decisions as (
    select
        *,
        case when is_machine then 'RULES' else 'PROVIDER' end as judged_by
    from {{ ref('fct_posting_review') }}
    where is_latest and step_code = 'S3_ALGORITHM'
),

answers as (
    select * from {{ ref('fct_posting_review') }}
    where step_code = 'S2_CALLCENTER' and decision in ('CONFIRMED_OK', 'CORRECTED', 'CONFIRMED_BAD')
),

labels as (
    select
        vacancy_key,
        max_by(decision, (decided_date, decided_at, review_key)) = 'CONFIRMED_BAD' as is_bad,
        -- came before a person because it was doubted or appealed, and was in no random sample
        bool_and(coalesce(selection_code in ('HELD', 'REOPENED'), false)) as is_sought
    from answers
    group by vacancy_key
),

provinces as (
    select
        region_code,
        max_by(current_sido_code, (weight, current_sido_code)) as sido_code
    from {{ ref('int_sidos__current') }}
    group by region_code
),

-- a posting has one source of its own: what the portal shows under the same number was judged as well, but after it was
-- posted
judged as (
    select
        decisions.*,
        vacancies.registered_date,
        vacancies.channel_code,
        vacancies.region_code,
        vacancies.workplace_no,
        coalesce(vacancies.posting_state = 'posted', vacancies.is_seen_posted) as is_posted
    from decisions
    inner join {{ ref('fct_vacancies') }} as vacancies
        on
            decisions.vacancy_key = vacancies.vacancy_key
            and decisions.vacancy_source = coalesce(vacancies.submission_source_id, vacancies.posting_source_id)
    where decisions.decision in ('PASS', 'WARN', 'HOLD', 'REJECT')
),

labelled as (
    select
        judged.vacancy_key,
        judged.judged_by,
        {{ month_of('judged.registered_date') }} as month_date,
        judged.vacancy_source as source_id,
        coalesce(judged.channel_code, '_U') as channel_code,
        coalesce(provinces.sido_code, '_U') as region_code,
        case
            when workplaces.headcount is null then '_U'
            when workplaces.headcount < 5 then 'S_LT5'
            when workplaces.headcount < 30 then 'S5T29'
            when workplaces.headcount < 100 then 'S30T99'
            when workplaces.headcount < 300 then 'S100T299'
            else 'S_GE300'
        end as employer_size,
        judged.decision,
        -- how a passed posting comes before a person: held by the other algorithm; doubted under other rules, or
        -- appealed, which is known of each; rejected by our rules, then never; else drawn at random
        case
            when others.decision = 'HOLD' then 'HELD'
            when labels.is_sought then 'SOUGHT'
            when others.decision = 'REJECT' and others.is_machine then 'REJECTED'
            else 'OTHER'
        end as stratum,
        labels.is_bad,
        judged.is_posted,
        pairs.is_first_bad,
        pairs.is_second_bad,
        judged.score,
        judged.model
    from judged
    left join judged as others
        on judged.vacancy_key = others.vacancy_key and judged.judged_by <> others.judged_by
    left join labels on judged.vacancy_key = labels.vacancy_key
    left join {{ ref('int_reviews__paired') }} as pairs on judged.vacancy_key = pairs.vacancy_key
    left join provinces on judged.region_code = provinces.region_code
    left join {{ ref('dim_workplace') }} as workplaces on judged.workplace_no = workplaces.workplace_no
)

select * from labelled
