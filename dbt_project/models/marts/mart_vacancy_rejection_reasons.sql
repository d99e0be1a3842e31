with

explained as (
    select
        month_date,
        channel_code,
        decided_by,
        vacancy_key,
        reason_code,
        weight_rank
    from {{ ref('int_refusals__explained') }}
),

counted as (
    select
        month_date,
        channel_code,
        decided_by,
        'PRIMARY' as basis,
        reason_code,
        count(distinct vacancy_key) as postings
    from explained
    where weight_rank = 1
    group by month_date, channel_code, decided_by, reason_code
    union all
    select
        month_date,
        channel_code,
        decided_by,
        'ALL' as basis,
        reason_code,
        count(distinct vacancy_key) as postings
    from explained
    group by month_date, channel_code, decided_by, reason_code
),

totals as (
    select
        month_date,
        channel_code,
        decided_by,
        count(distinct vacancy_key) as refused
    from explained
    group by month_date, channel_code, decided_by
),

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_labour_month
)

select
    cast(counted.month_date as date) as ref_period,
    cast(strftime(counted.month_date, '%Y-%m') as varchar) as time_period,
    cast(counted.channel_code as varchar) as channel_code,
    cast(counted.decided_by as varchar) as decided_by,
    cast(counted.basis as varchar) as basis,
    cast(counted.reason_code as varchar) as reason_code,
    cast(codes.rule_number as bigint) as rule_number,
    cast({{ reason_wording('counted.reason_code', 'codes.label_ko') }} as varchar) as label_ko,
    cast({{ reason_wording('counted.reason_code', 'codes.label_en') }} as varchar) as label_en,
    cast(counted.postings as bigint) as postings,
    cast(totals.refused as bigint) as refused,
    {{ ratio('counted.postings', 'totals.refused') }} as share,
    {{ as_of() }} as as_of
from counted
inner join totals
    on
        counted.month_date = totals.month_date
        and counted.channel_code = totals.channel_code
        and counted.decided_by = totals.decided_by
inner join months on counted.month_date = months.month_date
left join {{ ref('int_reason_codes') }} as codes on counted.reason_code = codes.code
