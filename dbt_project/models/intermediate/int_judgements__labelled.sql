-- One row per posting and algorithm that judged it: its decision in force beside the label of the call centre. RULES
-- are the rules of this warehouse, PROVIDER the step S3 as the provider ran it.
with

decisions as (
    select * from {{ ref('fct_posting_review') }}
    where is_latest
),

labels as (
    select
        vacancy_key,
        decision = 'CONFIRMED_BAD' as is_bad
    from (
        select
            vacancy_key,
            decision,
            row_number() over (
                partition by vacancy_key
                order by decided_date desc, decided_at desc, review_key desc
            ) as recency
        from {{ ref('fct_posting_review') }}
        where step_code = 'S2_CALLCENTER' and decision in ('CONFIRMED_OK', 'CORRECTED', 'CONFIRMED_BAD')
    ) as answers
    where recency = 1
),

-- a posting the provider held reaches the call centre by another way than a random sample: a stratum of its own
provider_holds as (
    select vacancy_key from decisions
    where step_code = 'S3_ALGORITHM' and not is_machine and decision = 'HOLD'
),

provinces as (
    select
        region_code,
        max_by(current_sido_code, (weight, current_sido_code)) as sido_code
    from {{ ref('int_sidos__current') }}
    group by region_code
),

judged as (
    select
        decisions.vacancy_key,
        case when decisions.is_machine then 'RULES' else 'PROVIDER' end as judged_by,
        {{ month_of('vacancies.registered_date') }} as month_date,
        coalesce(vacancies.channel_code, '_U') as channel_code,
        coalesce(provinces.sido_code, '_U') as region_code,
        case
            when workplaces.headcount is null then '_U'
            when workplaces.headcount < 5 then 'S_LT5'
            when workplaces.headcount < 30 then 'S5T29'
            when workplaces.headcount < 100 then 'S30T99'
            when workplaces.headcount < 300 then 'S100T299'
            else 'S_GE300'
        end as employer_size,
        decisions.decision,
        case when decisions.is_machine and provider_holds.vacancy_key is not null then 'HELD' else 'OTHER' end
            as stratum,
        labels.is_bad,
        coalesce(vacancies.posting_state = 'posted', false) as is_posted
    from decisions
    inner join {{ ref('fct_vacancies') }} as vacancies on decisions.vacancy_key = vacancies.vacancy_key
    left join labels on decisions.vacancy_key = labels.vacancy_key
    left join provider_holds on decisions.vacancy_key = provider_holds.vacancy_key
    left join provinces on vacancies.region_code = provinces.region_code
    left join {{ ref('dim_workplace') }} as workplaces on vacancies.workplace_no = workplaces.workplace_no
    where
        decisions.step_code = 'S3_ALGORITHM'
        and decisions.decision in ('PASS', 'WARN', 'HOLD', 'REJECT')
        and vacancies.is_submission
        -- what the portal shows under the same number was judged as well, but after it was posted
        and (not decisions.is_machine or decisions.source_id = vacancies.submission_source_id)
)

select * from judged
