-- Openings and registrations of a month by total, province, occupation and both; only cells in which something
-- happened. What stood open before the first month is a change of that month.
{% set flows = ['openings_new', 'openings_posted', 'registrations_new', 'placements', 'registrations_open_new'] %}
{% set changes = ['openings_open_change', 'postings_open_change', 'registrations_open_change'] %}
with

first_months as (
    select min(month_date) as first_month from {{ ref('int_months__spine') }}
    where is_labour_month
),

demand_and_supply as (
    select
        month_date,
        region_code,
        occupation_code,
        openings_new,
        openings_posted,
        openings_open_change,
        postings_open_change,
        0 as registrations_new,
        0 as placements,
        0 as registrations_open_new,
        0 as registrations_open_change
    from {{ ref('int_openings__monthly') }}
    union all
    select
        month_date,
        region_code,
        occupation_code,
        0 as openings_new,
        0 as openings_posted,
        0 as openings_open_change,
        0 as postings_open_change,
        registrations_new,
        placements,
        registrations_open_new,
        registrations_open_change
    from {{ ref('int_registrations__monthly') }}
),

within_reach as (
    select
        greatest(counted.month_date, first_months.first_month) as month_date,
        {% for flow in flows %}
        case when counted.month_date >= first_months.first_month then counted.{{ flow }} else 0 end as {{ flow }},
        {% endfor %}
        {% for change in changes %}
        counted.{{ change }},
        {% endfor %}
        counted.region_code,
        counted.occupation_code
    from demand_and_supply as counted
    cross join first_months
),

cubed as (
    select
        month_date,
        case
            when grouping(region_code) = 0 and grouping(occupation_code) = 0 then 'region_occupation'
            when grouping(region_code) = 0 then 'region'
            when grouping(occupation_code) = 0 then 'occupation'
            else 'total'
        end as breakdown_type,
        {% for count in flows + changes %}
        cast(sum({{ count }}) as decimal(18, 4)) as {{ count }},
        {% endfor %}
        coalesce(region_code, '_T') as region_code,
        coalesce(occupation_code, '_T') as occupation_code
    from within_reach
    group by grouping sets (
        (month_date), (month_date, region_code), (month_date, occupation_code),
        (month_date, region_code, occupation_code)
    )
)

select * from cubed
