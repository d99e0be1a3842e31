select
    cast(vintages.month_date as date) as ref_period,
    cast(strftime(vintages.month_date, '%Y-%m') as varchar) as time_period,
    cast(vintages.indicator as varchar) as indicator,
    cast(vintages.region_code as varchar) as region_code,
    cast(vintages.known_on as date) as vintage_date,
    cast(vintages.age_months - 1 as integer) as revision_no,
    cast(vintages.amount as decimal(18, 4)) as value,
    cast(indicators.unit as varchar) as unit,
    {{ as_of() }} as as_of
from {{ ref('int_month_vintages') }} as vintages
inner join {{ ref('trend_indicators') }} as indicators on vintages.indicator = indicators.indicator
