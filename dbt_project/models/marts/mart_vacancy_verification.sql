with

months as (
    select month_date from {{ ref('int_months__spine') }}
    where is_labour_month and {{ has_entity('vacancies') and has_entity('vacancy_reviews') }}
),

submissions as (
    select
        {{ month_of('vacancies.registered_date') }} as month_date,
        coalesce(vacancies.channel_code, '_U') as channel_code,
        vacancies.posting_state,
        vacancies.posting_state = 'posted' and coalesce(reviews.returns_or_holds, 0) = 0 as is_first_pass
    from {{ ref('fct_vacancies') }} as vacancies
    left join {{ ref('int_vacancy_reviews__states') }} as reviews on vacancies.posting_id = reviews.posting_id
    where vacancies.is_submission
),

channels as (
    select distinct channel_code from submissions
),

counted as (
    select
        month_date,
        channel_code,
        count(*) as submitted,
        {% for state in posting_states() %}
        count(*) filter (where posting_state = '{{ state }}') as {{ state }},
        {% endfor %}
        count(*) filter (where is_first_pass) as posted_first_pass
    from submissions
    group by month_date, channel_code
),

filled as (
    select
        months.month_date,
        channels.channel_code,
        coalesce(counted.submitted, 0) as submitted,
        {% for state in posting_states() %}
        coalesce(counted.{{ state }}, 0) as {{ state }},
        {% endfor %}
        coalesce(counted.posted_first_pass, 0) as posted_first_pass
    from months
    cross join channels
    left join counted
        on months.month_date = counted.month_date and channels.channel_code = counted.channel_code
),

with_totals as (
    select
        month_date,
        coalesce(channel_code, '_T') as channel_code,
        sum(submitted) as submitted,
        {% for state in posting_states() %}
        sum({{ state }}) as {{ state }},
        {% endfor %}
        sum(posted_first_pass) as posted_first_pass
    from filled
    group by grouping sets ((month_date), (month_date, channel_code))
),

published as (
    select
        cast(month_date as date) as ref_period,
        cast(strftime(month_date, '%Y-%m') as varchar) as time_period,
        cast(channel_code as varchar) as channel_code,
        cast(submitted as bigint) as submitted,
        {% for state in posting_states() %}
        cast({{ state }} as bigint) as {{ state }},
        {% endfor %}
        cast({{ concluded() }} as bigint) as concluded,
        cast(posted_first_pass as bigint) as posted_first_pass,
        {{ ratio('posted', concluded()) }} as posting_rate,
        {{ ratio('posted_first_pass', 'submitted') }} as first_pass_rate,
        cast({{ null_reason(concluded()) }} as varchar) as posting_rate_null_reason,
        cast(case when returned_open + held_open + pending > 0 then 'P' else 'F' end as varchar) as status,
        {{ as_of() }} as as_of
    from with_totals
)

select * from published
