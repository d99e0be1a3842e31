-- Spells with more than one acquisition and one loss report, as they were known on each day on which a report about
-- them was received. All others are as reported, so only these few are replayed.
with

events as (
    select
        reports.*,
        -- a loss names its acquisition, an amendment the report it mends
        coalesce(mended_losses.refers_to_event_no, reports.refers_to_event_no, reports.event_no) as spell_no
    from {{ ref('int_insurance_events__unioned') }} as reports
    left join {{ ref('int_insurance_events__unioned') }} as mended_losses
        on reports.refers_to_event_no = mended_losses.event_no
),

mended as (
    select spell_no from events
    group by spell_no
    having
        count(*) filter (where event_type in ('CORRECT', 'CANCEL')) > 0
        or count(*) filter (where event_type = 'LOSS') > 1
),

days as (
    select distinct
        events.spell_no,
        events.received_date as known_on
    from events
    inner join mended on events.spell_no = mended.spell_no
),

histories as (
    select
        days.known_on,
        events.*
    from days
    inner join events on days.spell_no = events.spell_no and days.known_on >= events.received_date
),

states as (
    {{ insured_spells('histories', 'known_on') }}
)

select * from states
