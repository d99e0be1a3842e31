-- What the daily trends count, by the day it happened and the day it was reported. A record that came in several
-- versions counts as it is now, from its first delivery on.
with

records as (
    select
        'openings_new' as indicator,
        registered_date as event_date,
        first_received_date as received_date,
        region_code,
        coalesce(openings, 0) as amount
    from {{ ref('fct_vacancies') }}
    where is_submission
    union all
    select
        'registrations_new' as indicator,
        reg_date as event_date,
        first_received_date as received_date,
        region_code,
        1 as amount
    from {{ ref('fct_registration_spells') }}
    union all
    select
        'ui_claims_new' as indicator,
        claim_date as event_date,
        first_received_date as received_date,
        region_code,
        1 as amount
    from {{ ref('fct_ui_claims') }}
),

reports as (
    select
        records.indicator,
        records.event_date,
        records.received_date,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        sum(records.amount * coalesce(sidos.weight, 1)) as amount
    from records
    left join {{ ref('int_sidos__current') }} as sidos on records.region_code = sidos.region_code
    group by
        records.indicator, records.event_date, records.received_date, coalesce(sidos.current_sido_code, '_U')
    union all
    select
        case move when 'ACQUISITION' then 'acquisitions' else 'losses' end as indicator,
        event_date,
        received_date,
        region_code,
        change as amount
    from {{ ref('int_insured_moves__reported') }}
)

select
    indicator,
    event_date,
    received_date,
    region_code,
    cast(amount as decimal(18, 4)) as amount
from reports
