-- Postings whose detail answered "no data" twice in a row though the list still showed them. The landing carries it as
-- a listed row without a single column of the detail; two deliveries are at least a day apart.
with

listed as (
    {%- if has_source('work24_vacancies') %}
    select
        'work24_vacancies' as source_id,
        wanted_auth_no as posting_id,
        _delivery_date as delivery_date,
        coalesce(duties, working_hours_text, wage_sentence, wage_type_code, career_sentence, region_code) is null
        and openings is null as is_gone
    from {{ source('landing', 'work24_vacancies') }}
    where _delivery_date <= {{ as_of() }}
    {%- else %}
    select
        cast(null as varchar) as source_id,
        cast(null as varchar) as posting_id,
        cast(null as date) as delivery_date,
        cast(null as boolean) as is_gone
    where false
    {%- endif %}
),

days as (
    select
        source_id,
        posting_id,
        delivery_date,
        bool_and(is_gone) as is_gone
    from listed
    group by source_id, posting_id, delivery_date
),

streaks as (
    select
        *,
        max(case when not is_gone then delivery_date end) over (partition by source_id, posting_id) as last_seen_whole
    from days
),

gone as (
    select
        source_id,
        posting_id,
        min(delivery_date) as first_gone_date,
        -- the second observation is the one that counts
        min(delivery_date) filter (where observation_no = 2) as gone_from
    from (
        select
            *,
            row_number() over (partition by source_id, posting_id order by delivery_date) as observation_no
        from streaks
        where last_seen_whole is null or delivery_date > last_seen_whole
    ) as observations
    group by source_id, posting_id
    having count(*) >= 2
)

select * from gone
