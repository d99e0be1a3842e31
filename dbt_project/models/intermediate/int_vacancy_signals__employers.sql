-- Signals 6, 10 and 11 of step 4: what registers say of the employer of a posting.
with

postings as (
    select * from {{ ref('int_vacancies__lifecycle') }}
    where posted_from is not null
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
    select * from employer_closed
    union all
    select * from arrears
    union all
    select * from employer_suspended
)

select * from found
