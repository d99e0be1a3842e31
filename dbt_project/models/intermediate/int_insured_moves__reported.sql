-- How acquisitions and losses (without daily workers) came to be counted: +1 on the day a report was received, -1 and
-- +1 on the day it was moved, -1 on the day it was struck out. What was received until a day adds up to the figures as
-- they were known on that day.
with

states as (
    select * from {{ ref('int_insured_spells__replayed') }}
),

mended as (
    select distinct spell_no from states
),

days_counted as (
    {% for move, day in [('ACQUISITION', 'acquisition_date'), ('LOSS', 'loss_date')] %}
    select
        spell_no,
        known_on,
        '{{ move }}' as move,
        case when not is_cancelled and worker_type <> 'DAILY' then {{ day }} end as event_date,
        workplace_no
    from states
    {{ "union all" if not loop.last }}
    {% endfor %}
),

compared as (
    select
        *,
        lag(event_date) over earlier as event_date_before,
        lag(workplace_no) over earlier as workplace_no_before
    from days_counted
    window earlier as (partition by spell_no, move order by known_on)
),

changes as (
    select
        move,
        event_date,
        known_on as received_date,
        workplace_no,
        1 as change
    from compared
    where event_date is not null
    union all
    select
        move,
        event_date_before as event_date,
        known_on as received_date,
        workplace_no_before as workplace_no,
        -1 as change
    from compared
    where event_date_before is not null
    union all
    select
        'ACQUISITION' as move,
        acquisitions.event_date,
        acquisitions.received_date,
        acquisitions.workplace_no,
        1 as change
    from {{ ref('int_insurance_events__unioned') }} as acquisitions
    left join mended on acquisitions.event_no = mended.spell_no
    where acquisitions.event_type = 'ACQ' and acquisitions.worker_type <> 'DAILY' and mended.spell_no is null
    union all
    select
        'LOSS' as move,
        losses.event_date,
        greatest(losses.received_date, acquisitions.received_date) as received_date,
        acquisitions.workplace_no,
        1 as change
    from {{ ref('int_insurance_events__unioned') }} as losses
    inner join {{ ref('int_insurance_events__unioned') }} as acquisitions
        on losses.refers_to_event_no = acquisitions.event_no and acquisitions.event_type = 'ACQ'
    left join mended on losses.refers_to_event_no = mended.spell_no
    where losses.event_type = 'LOSS' and acquisitions.worker_type <> 'DAILY' and mended.spell_no is null
),

placed as (
    select
        changes.move,
        changes.event_date,
        changes.received_date,
        coalesce(sidos.current_sido_code, '_U') as region_code,
        sum(changes.change * coalesce(sidos.weight, 1)) as change
    from changes
    left join {{ ref('dim_workplace') }} as workplaces on changes.workplace_no = workplaces.workplace_no
    left join {{ ref('int_sidos__current') }} as sidos on workplaces.region_code = sidos.region_code
    group by changes.move, changes.event_date, changes.received_date, coalesce(sidos.current_sido_code, '_U')
    having sum(changes.change * coalesce(sidos.weight, 1)) <> 0
)

select * from placed
