-- Numerators and denominators of performance by indicator, organisation, programme, client group and quarter of the
-- cohort. A cohort falls into those who count, those who are left out and those whose window is still open.
with

episodes as (
    select * from {{ ref('fct_service_episodes') }}
),

gains as (
    select * from {{ ref('int_episode_gains') }}
),

rates as (
    {% for rate in performance_rates() %}
    {% set counts = "not is_excluded and " ~ rate.outcome ~ " is not null" %}
    select
        '{{ rate.indicator }}' as indicator,
        organisation_code,
        programme_code,
        client_group,
        {{ quarter_of(rate.cohort) }} as quarter_date,
        count(*) filter (where {{ counts }} and {{ rate.outcome }}) as numerator,
        count(*) filter (where {{ counts }}) as denominator,
        count(*) filter (where not is_excluded and {{ rate.outcome }} is null) as pending,
        count(*) filter (where is_excluded) as excluded,
        count(*) filter (where {{ counts }} and has_low_education) as low_education,
        count(*) filter (where {{ counts }} and has_disability) as disability,
        count(*) filter (where {{ counts }} and is_ui_beneficiary) as ui_beneficiary
    from {{ rate.relation | default("episodes") }}
    where {{ rate.cohort }} is not null and {{ rate.members | default("true") }}
    group by organisation_code, programme_code, client_group, {{ quarter_of(rate.cohort) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

amounts as (
    {% for amount in performance_amounts() %}
    select
        '{{ amount.indicator }}' as indicator,
        organisation_code,
        programme_code,
        client_group,
        {{ quarter_of(amount.cohort) }} as quarter_date,
        sum({{ amount.numerator }}) as numerator,
        {{ "sum(" ~ amount.denominator ~ ")" if amount.denominator else "cast(null as bigint)" }} as denominator
    from episodes
    where {{ amount.cohort }} is not null and {{ amount.members }}
    group by organisation_code, programme_code, client_group, {{ quarter_of(amount.cohort) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- the survey does not know the client group; before it said who was asked, it asked clients
surveyed as (
    select
        organisation_code,
        programme_code,
        cast(period || '-01' as date) as month_date,
        coalesce(respondent, 'CLIENT') as respondent,
        invited,
        answered,
        satisfied
    from ({{ union_providers('satisfaction_surveys') }}) as surveys
),

satisfaction as (
    {% for respondent, prefix in {"CLIENT": "", "EMPLOYER": "employer_"}.items() %}
    {% set last_respondent = loop.last %}
    {% for indicator, sides in {
        "satisfaction_rate": ["satisfied", "answered"], "satisfaction_response_rate": ["answered", "invited"]
    }.items() %}
    select
        '{{ prefix }}{{ indicator }}' as indicator,
        organisation_code,
        programme_code,
        '_N' as client_group,
        {{ quarter_of('month_date') }} as quarter_date,
        sum({{ sides[0] }}) as numerator,
        sum({{ sides[1] }}) as denominator
    from surveyed
    where respondent = '{{ respondent }}'
    group by organisation_code, programme_code, {{ quarter_of('month_date') }}
    {{ "union all" if not (loop.last and last_respondent) }}
    {% endfor %}
    {% endfor %}
),

counts as (
    select * from rates
    union all by name
    select * from amounts
    union all by name
    select * from satisfaction
)

select
    indicator,
    organisation_code,
    programme_code,
    client_group,
    quarter_date,
    cast(numerator as decimal(28, 4)) as numerator,
    cast(denominator as decimal(28, 4)) as denominator,
    coalesce(pending, 0) as pending,
    coalesce(excluded, 0) as excluded,
    coalesce(low_education, 0) as low_education,
    coalesce(disability, 0) as disability,
    coalesce(ui_beneficiary, 0) as ui_beneficiary
from counts
