-- Every name that a qualification had in a yearly list: it keeps its code when it is renamed.
with

editions as (
    {%- for source_id in providers_of('qualifications') %}
    select
        qualification_code,
        name_ko,
        received_date
    from {{ source('landing', source_id) }}
    where received_date <= {{ as_of() }}
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        cast(null as varchar) as qualification_code,
        cast(null as varchar) as name_ko,
        cast(null as date) as received_date
    where false
    {%- endfor %}
),

names as (
    select
        qualification_code,
        name_ko,
        min(received_date) as first_listed_date,
        max(received_date) as last_listed_date
    from editions
    group by qualification_code, name_ko
),

dated as (
    select
        *,
        last_listed_date = max(last_listed_date) over (partition by qualification_code) as is_current
    from names
)

select * from dated
