-- Spells with more than one acquisition and one loss report, as they were known on each day on which a report about
-- them was received. All others are as reported, so only these few are replayed.
with

referring as (
    select
        event_no,
        refers_to_event_no
    from {{ ref('int_insurance_events__unioned') }}
    where refers_to_event_no is not null
),

-- narrow, since all reports are here
numbered as (
    select
        reports.event_no,
        reports.event_type,
        reports.received_date,
        -- a loss names its acquisition, an amendment the report it mends
        coalesce(referring.refers_to_event_no, reports.refers_to_event_no, reports.event_no) as spell_no
    from {{ ref('int_insurance_events__unioned') }} as reports
    left join referring on reports.refers_to_event_no = referring.event_no
),

mended as (
    select spell_no from numbered
    where event_type in ('CORRECT', 'CANCEL')
    union
    select spell_no from numbered
    where event_type = 'LOSS'
    group by spell_no
    having count(*) > 1
),

numbered_of_mended as (
    select numbered.* from numbered
    inner join mended on numbered.spell_no = mended.spell_no
),

days as (
    select distinct
        spell_no,
        received_date as known_on
    from numbered_of_mended
),

histories as (
    select
        days.known_on,
        events.*
    from days
    inner join numbered_of_mended as numbered
        on days.spell_no = numbered.spell_no and days.known_on >= numbered.received_date
    inner join {{ ref('int_insurance_events__unioned') }} as events on numbered.event_no = events.event_no
),

states as (
    {{ insured_spells('histories', 'known_on') }}
)

select * from states
