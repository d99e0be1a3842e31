-- Employers whose last answer of the tax office is "suspended" (02), from all answers ever landed: the latest one alone
-- would move the day with every look-up.
with

answers as (
    {%- if has_source('nts_business_status') %}
    select
        business_no,
        checked_date,
        -- of two answers on one day the one delivered last
        arg_max(coalesce(status_code, ''), (_delivery_date, _record_hash)) = '02' as is_suspended
    from {{ source('landing', 'nts_business_status') }}
    where _delivery_date <= {{ as_of() }} and checked_date <= {{ as_of() }}
    group by business_no, checked_date
    {%- else %}
    select
        cast(null as varchar) as business_no,
        cast(null as date) as checked_date,
        cast(null as boolean) as is_suspended
    where false
    {%- endif %}
),

streaks as (
    select
        *,
        max(case when not is_suspended then checked_date end) over (partition by business_no) as last_other_date
    from answers
),

suspended as (
    select
        business_no,
        min(checked_date) as suspended_from,
        min(last_other_date) as last_other_date
    from streaks
    where is_suspended and (last_other_date is null or checked_date > last_other_date)
    group by business_no
)

select * from suspended
