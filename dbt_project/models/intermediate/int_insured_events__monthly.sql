-- Acquisitions and losses (all, and by reason) by event date, net of cancellations: events, not persons, without daily
-- workers.
{% set reasons = loss_reason_counts() %}
{% set counts = ['acquisitions', 'losses'] + (reasons.keys() | list) %}
with

spells as (
    select
        spells.acquisition_date,
        spells.loss_date,
        spells.loss_reason_code,
        spells.sex,
        spells.birth_year,
        coalesce(workplaces.region_code, '_U') as region_code,
        coalesce(workplaces.industry_section, '_U') as industry_code
    from {{ ref('fct_insured_spells') }} as spells
    left join {{ ref('dim_workplace') }} as workplaces on spells.workplace_no = workplaces.workplace_no
    where spells.is_headline
),

events as (
    select
        {{ month_of('acquisition_date') }} as month_date,
        region_code,
        industry_code,
        sex,
        {{ age_group('extract(year from acquisition_date) - birth_year') }} as age_group,
        'ACQUISITION' as event,
        null as reason
    from spells
    union all
    select
        {{ month_of('loss_date') }} as month_date,
        region_code,
        industry_code,
        sex,
        {{ age_group('extract(year from loss_date) - birth_year') }} as age_group,
        'LOSS' as event,
        loss_reason_code as reason
    from spells
    where loss_date is not null
),

cubed as (
    select
        month_date,
        region_code,
        industry_code,
        sex,
        age_group,
        grouping(region_code) as is_all_regions,
        grouping(industry_code) as is_all_industries,
        grouping(sex) as is_all_sexes,
        grouping(age_group) as is_all_ages,
        count(*) filter (where event = 'ACQUISITION') as acquisitions,
        {% for count, codes in reasons.items() %}
        count(*) filter (
            where reason in ('{{ codes | join("', '") }}')
        ) as {{ count }},
        {% endfor %}
        count(*) filter (where event = 'LOSS') as losses
    from events
    group by grouping sets (
        (month_date), (month_date, region_code), (month_date, industry_code), (month_date, sex), (month_date, age_group)
    )
),

coded as (
    select
        cubed.month_date,
        case
            when cubed.is_all_regions = 0 then 'region'
            when cubed.is_all_industries = 0 then 'industry'
            when cubed.is_all_sexes = 0 then 'sex'
            when cubed.is_all_ages = 0 then 'age_group'
            else 'total'
        end as breakdown_type,
        case
            when cubed.is_all_regions = 1 then '_T'
            else coalesce(sidos.current_sido_code, '_U')
        end as region_code,
        coalesce(cubed.industry_code, '_T') as industry_code,
        coalesce(cubed.sex, '_T') as sex,
        {% for count in counts %}
        cubed.{{ count }} * coalesce(sidos.weight, 1) as {{ count }},
        {% endfor %}
        coalesce(cubed.age_group, '_T') as age_group
    from cubed
    left join {{ ref('int_sidos__current') }} as sidos
        on cubed.is_all_regions = 0 and cubed.region_code = sidos.region_code
),

monthly as (
    select
        month_date,
        breakdown_type,
        region_code,
        industry_code,
        sex,
        {% for count in counts %}
        cast(sum({{ count }}) as decimal(18, 4)) as {{ count }},
        {% endfor %}
        age_group
    from coded
    group by month_date, breakdown_type, region_code, industry_code, sex, age_group
)

select * from monthly
