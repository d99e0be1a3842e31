-- Openings and registrations in every cell and month, zeros included; stocks at month end as running sums of changes.
{% set counts = [
    'openings_new', 'openings_posted', 'registrations_new', 'placements', 'registrations_open_new',
    'openings_open_change', 'postings_open_change', 'registrations_open_change'
] %}
with

grid as (
    select
        months.month_date,
        cells.cell_no,
        cells.is_crossed,
        cells.breakdown_type,
        cells.region_code,
        cells.occupation_code
    from {{ ref('int_months__spine') }} as months
    cross join {{ ref('int_trend_cells') }} as cells
    where months.is_labour_month and cells.is_labour
),

filled as (
    select
        grid.month_date,
        grid.cell_no,
        {% for count in counts %}
        coalesce(counts.{{ count }}, 0) as {{ count }},
        {% endfor %}
        grid.is_crossed
    from grid
    left join {{ ref('int_labour_counts__monthly') }} as counts
        on
            grid.month_date = counts.month_date
            and grid.breakdown_type = counts.breakdown_type
            and grid.region_code = counts.region_code
            and grid.occupation_code = counts.occupation_code
),

stocks as (
    select
        month_date,
        cell_no,
        is_crossed,
        openings_new,
        openings_posted,
        registrations_new,
        placements,
        registrations_open_new,
        openings_open_change,
        registrations_open_change,
        sum(openings_open_change) over running as openings_open,
        sum(postings_open_change) over running as postings_open,
        sum(registrations_open_change) over running as registrations_open,
        row_number() over running = 1 as is_first_month
    from filled
    window running as (partition by cell_no order by month_date)
),

-- the month before the first one is not known
compared as (
    select
        *,
        case when not is_first_month then registrations_open - registrations_open_change end
            as registrations_open_before,
        case when not is_first_month then openings_open - openings_open_change / 2 end as openings_open_mean,
        -- of those valid a month ago; who registered since is not among them
        case when not is_first_month then registrations_open_new - registrations_open_change end as registrations_ended
    from stocks
)

select * from compared
