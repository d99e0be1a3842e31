-- Monthly wage by occupation and province: what vacancies advertise and what insured jobs paid, never blended. Both
-- stand on the 24 whole months before the working day. One currency per occupation and market, the one most wages are
-- in: wages of two currencies make no distribution.
with

levels as (
    {{ occupation_levels() }}
),

currencies as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_code,
        wage_currency
    from {{ ref('int_occupation_vacancies') }}
    where wage_month is not null
    group by scope, country, occupation_scheme, occupation_code, wage_currency
    qualify
        row_number() over (
            partition by scope, country, occupation_scheme, occupation_code
            order by count(*) desc, wage_currency asc nulls last
        ) = 1
),

advertised as (
    select
        vacancies.scope,
        vacancies.country,
        vacancies.occupation_scheme,
        vacancies.occupation_level,
        vacancies.occupation_code,
        'advertised' as wage_source,
        vacancies.sido_code,
        vacancies.wage_currency,
        vacancies.wage_month
    from {{ ref('int_occupation_vacancies') }} as vacancies
    inner join currencies
        on
            vacancies.scope = currencies.scope
            and vacancies.country = currencies.country
            and vacancies.occupation_scheme = currencies.occupation_scheme
            and vacancies.occupation_code = currencies.occupation_code
            and vacancies.wage_currency is not distinct from currencies.wage_currency
    where vacancies.wage_month is not null
),

-- pay as reported when the job began: full-time jobs only, as a month of fewer hours is another quantity
insured as (
    select
        'insurance' as scope,
        jobs.country,
        levels.occupation_scheme,
        levels.occupation_level,
        left(jobs.occupation_code, levels.occupation_level) as occupation_code,
        'insured' as wage_source,
        jobs.sido_code,
        'KRW' as wage_currency,
        jobs.monthly_pay_krw as wage_month
    from {{ ref('int_occupation_jobs__placed') }} as jobs
    cross join levels
    where {{ tells_insured_pay('jobs') }}
),

wages as (
    select
        scope,
        country,
        occupation_scheme,
        occupation_level,
        occupation_code,
        wage_source,
        sido_code,
        wage_currency,
        wage_month
    from advertised
    union all
    select
        scope,
        country,
        occupation_scheme,
        occupation_level,
        occupation_code,
        wage_source,
        sido_code,
        wage_currency,
        wage_month
    from insured
),

quantiles as (
    select
        {{ occupation_keys() | join(", ") }},
        wage_source,
        case when grouping(sido_code) = 0 then sido_code else '_T' end as region_code,
        wage_currency,
        count(*) as n,
        {{ quantiles_type7('wage_month', [0.1, 0.25, 0.5, 0.75, 0.9]) }} as quantiles
    from wages
    group by grouping sets (
        ({{ occupation_keys() | join(", ") }}, wage_source, wage_currency),
        ({{ occupation_keys() | join(", ") }}, wage_source, wage_currency, sido_code)
    )
),

-- pay of few persons is theirs to tell; what is advertised is public
judged as (
    select
        {{ occupation_keys() | join(", ") }},
        region_code,
        wage_source,
        wage_currency,
        n,
        {%- for percent in [10, 25, 50, 75, 90] %}
        {{ quantile_of('quantiles', loop.index) }} as p{{ percent }},
        {%- endfor %}
        case wage_source when 'insured' then {{ var('insured_wage_min_n') }} else {{ var('advertised_wage_min_n') }} end
            as min_n,
        {{ var('wage_tails_min_n') }} as tails_min_n
    from quantiles
    -- advertisements abroad are placed by codes of their own
    where region_code <> '_U' or occupation_scheme = 'KECO'
)

select
    cast(scope as varchar) as scope,
    cast(country as varchar) as country,
    cast(occupation_scheme as varchar) as occupation_scheme,
    cast(occupation_level as integer) as occupation_level,
    cast(occupation_code as varchar) as occupation_code,
    cast(region_code as varchar) as region_code,
    cast(wage_source as varchar) as wage_source,
    cast(wage_currency as varchar) as wage_currency,
    cast(n as bigint) as n,
    case when n >= tails_min_n then p10 end as wage_month_p10,
    case when n >= min_n then p25 end as wage_month_p25,
    case when n >= min_n then p50 end as wage_month_p50,
    case when n >= min_n then p75 end as wage_month_p75,
    case when n >= tails_min_n then p90 end as wage_month_p90,
    cast(
        case when n < min_n then 'few_wages' when n < tails_min_n then 'few_wages_for_p10_p90' end as varchar
    ) as wage_null_reason,
    {{ quality('n') }} as quality,
    {{ add_months(month_of(as_of()), -24) }} as wages_from,
    cast({{ month_of(as_of()) }} - 1 as date) as wages_to,
    {{ as_of() }} as as_of
from judged
