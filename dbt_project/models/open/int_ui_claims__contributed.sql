-- New claims for unemployment benefit by month and every code their open tables show, with the persons they come from:
-- rows that add up to every cell.
with

claims as (
    select
        months.time_period,
        claims.claim_no,
        claims.person_key,
        coalesce(sidos.current_sido_code, '_U') as sido_code,
        coalesce(claims.sex, '_U') as sex,
        {{ age_group('extract(year from claims.claim_date) - claims.birth_year') }} as age_group,
        coalesce(sidos.weight, 1) as weight
    from {{ ref('fct_ui_claims') }} as claims
    inner join {{ ref('int_months__open') }} as months on {{ month_of('claims.claim_date') }} = months.month_date
    left join {{ ref('int_sidos__current') }} as sidos on claims.region_code = sidos.region_code
    where months.is_insurance_month
),

numbered as (
    select
        *,
        row_number() over (
            partition by time_period, person_key
            order by claim_no, sido_code
        ) as claim_order
    from claims
),

contributed as (
    select
        time_period,
        sido_code,
        sex,
        age_group,
        cast(sum(weight) as decimal(18, 4)) as ui_claims_new,
        cast(count(*) filter (where claim_order = 1) as integer) as persons
    from numbered
    group by time_period, sido_code, sex, age_group
)

select * from contributed
