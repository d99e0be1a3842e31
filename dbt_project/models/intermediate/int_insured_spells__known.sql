{{ config(materialized='view') }}

-- What was known of each headline spell, from which day until which day: the months at whose end it was insured
-- (from_month until before to_month; none where it was struck out), and those of the state before.
with

replayed as (
    select
        spell_no,
        person_key,
        workplace_no,
        known_on,
        {{ month_of('acquisition_date') }} as from_month,
        case
            when is_cancelled or worker_type = 'DAILY' or is_inverted then {{ month_of('acquisition_date') }}
            else coalesce({{ month_of('loss_date') }}, cast('9999-12-01' as date))
        end as to_month
    from {{ ref('int_insured_spells__replayed') }}
),

replayed_in_order as (
    select
        *,
        lead(known_on) over days as known_until,
        lag(workplace_no) over days as workplace_no_before,
        lag(from_month) over days as from_month_before,
        lag(to_month) over days as to_month_before
    from replayed
    window days as (partition by spell_no order by known_on)
),

mended as (
    select distinct spell_no from replayed
),

as_reported as (
    select
        spells.spell_no,
        spells.person_key,
        spells.workplace_no,
        {{ month_of('spells.acquisition_date') }} as from_month,
        {{ month_of('spells.loss_date') }} as loss_month,
        spells.is_inverted,
        spells.first_received_date,
        -- a loss that came before its acquisition was known with it
        case
            when spells.loss_received_date is not null
                then greatest(spells.loss_received_date, spells.first_received_date)
        end as loss_known_on
    from {{ ref('fct_insured_spells') }} as spells
    left join mended on spells.spell_no = mended.spell_no
    where spells.is_headline and mended.spell_no is null
),

known as (
    select
        spell_no,
        person_key,
        workplace_no,
        known_on as known_from,
        known_until,
        from_month,
        to_month,
        case when workplace_no = workplace_no_before then from_month_before else from_month end as from_month_before,
        case when workplace_no = workplace_no_before then to_month_before else from_month end as to_month_before
    from replayed_in_order
    union all
    -- of another workplace: what was known of the one before is gone
    select
        spell_no,
        person_key,
        workplace_no_before as workplace_no,
        known_on as known_from,
        known_on as known_until,
        from_month_before as from_month,
        from_month_before as to_month,
        from_month_before,
        to_month_before
    from replayed_in_order
    where workplace_no <> workplace_no_before
    union all
    select
        spell_no,
        person_key,
        workplace_no,
        first_received_date as known_from,
        loss_known_on as known_until,
        from_month,
        cast('9999-12-01' as date) as to_month,
        from_month as from_month_before,
        from_month as to_month_before
    from as_reported
    where coalesce(loss_known_on > first_received_date, true)
    union all
    select
        spell_no,
        person_key,
        workplace_no,
        loss_known_on as known_from,
        cast(null as date) as known_until,
        from_month,
        case when is_inverted then from_month else loss_month end as to_month,
        from_month as from_month_before,
        case
            when loss_known_on > first_received_date then cast('9999-12-01' as date)
            else from_month
        end as to_month_before
    from as_reported
    where loss_known_on is not null
)

select * from known
