-- Median and ninth decile of the days from an event to its report, by source and month received.
with

-- a record counts when it first came; a renewal of it is no late report
reports as (
    {% for relation, source_id, event_date, received_date in [
        ("fct_vacancies", "submission_source_id", "registered_date", "first_received_date"),
        ("fct_registration_spells", "source_id", "reg_date", "first_received_date"),
        ("fct_ui_claims", "source_id", "claim_date", "first_received_date"),
        ("fct_vacancy_reviews", "source_id", "decided_date", "received_date"),
        ("int_insurance_events__unioned", "source_id", "event_date", "received_date"),
    ] %}
    select
        {{ source_id }} as source_id,
        {{ event_date }} as event_date,
        {{ received_date }} as received_date
    from {{ ref(relation) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

delays as (
    select
        source_id,
        {{ month_of('received_date') }} as month_date,
        received_date - event_date as delay_days,
        count(*) as reports
    from reports
    where
        source_id is not null
        and event_date is not null
        and received_date >= {{ first_quality_month() }}
        and received_date <= {{ as_of() }}
    group by source_id, {{ month_of('received_date') }}, received_date - event_date
),

cumulated as (
    select
        source_id,
        month_date,
        delay_days,
        sum(reports) over (partition by source_id, month_date order by delay_days) as reports_so_far,
        sum(reports) over (partition by source_id, month_date) as reports
    from delays
)

select
    source_id,
    month_date,
    min(delay_days) filter (where reports_so_far * 2 >= reports) as quality_delay_p50,
    min(delay_days) filter (where reports_so_far * 10 >= reports * 9) as quality_delay_p90
from cumulated
group by source_id, month_date
