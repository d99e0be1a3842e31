-- Both sides of the measures that compare the shares of strata: mismatch of valid openings (v) and valid seekers (u),
-- and concentration of new openings (n). Strata are occupations, or provinces; unknown ones are left out.
-- jackman_roper 1/2 sum |u/U - v/V| = sum |uV - vU| / 2UV; sahin 1 - sum (v/V)^1/2 (u/U)^1/2
-- = ((UV)^1/2 - sum (uv)^1/2) / (UV)^1/2; concentration sum (n/N)^2 = sum n^2 / N^2.
with

cells as (
    select
        cells.cell_no,
        cells.breakdown_type,
        cells.region_code,
        cells.occupation_code,
        targets.cell_no as region_cell_no,
        totals.cell_no as total_cell_no
    from {{ ref('int_trend_cells') }} as cells
    inner join {{ ref('int_trend_cells') }} as totals on totals.breakdown_type = 'total'
    left join {{ ref('int_trend_cells') }} as targets
        on targets.breakdown_type = 'region' and cells.region_code = targets.region_code
    where cells.is_labour
),

strata as (
    select
        labour.month_date,
        case when cells.breakdown_type = 'region_occupation' then cells.region_cell_no else cells.total_cell_no end
            as cell_no,
        case when cells.breakdown_type = 'region' then 'regions' else 'occupations' end as strata,
        cast(labour.registrations_open as decimal(18, 4)) as u,
        cast(labour.openings_open as decimal(18, 4)) as v,
        cast(labour.openings_new as decimal(18, 4)) as n
    from {{ ref('int_labour_cells__monthly') }} as labour
    inner join cells on labour.cell_no = cells.cell_no
    where
        (cells.breakdown_type = 'region' and cells.region_code <> '_U')
        or (cells.breakdown_type in ('occupation', 'region_occupation') and cells.occupation_code <> '_U')
),

totals as (
    select
        month_date,
        cell_no,
        strata,
        cast(sum(u) as decimal(18, 4)) as u,
        cast(sum(v) as decimal(18, 4)) as v,
        cast(sum(n) as decimal(18, 4)) as n
    from strata
    group by month_date, cell_no, strata
),

sums as (
    select
        strata.month_date,
        strata.cell_no,
        strata.strata,
        sum(abs(strata.u * totals.v - strata.v * totals.u)) as jackman_roper_above,
        2 * max(totals.u * totals.v) as jackman_roper_below,
        max({{ exact_sqrt('totals.u * totals.v') }}) - sum({{ exact_sqrt('strata.u * strata.v') }}) as sahin_above,
        max({{ exact_sqrt('totals.u * totals.v') }}) as sahin_below,
        sum(strata.n * strata.n) as concentration_above,
        max(totals.n * totals.n) as concentration_below
    from strata
    inner join totals
        on
            strata.month_date = totals.month_date
            and strata.cell_no = totals.cell_no
            and strata.strata = totals.strata
    group by strata.month_date, strata.cell_no, strata.strata
),

side_by_side as (
    select
        month_date,
        {% for series in balance_series() %}
        {% set side, strata = series.rsplit('_', 1) %}
        max({{ side }}) filter (where strata = '{{ strata }}') as {{ series }},
        {% endfor %}
        cell_no
    from sums
    group by month_date, cell_no
)

select * from side_by_side
