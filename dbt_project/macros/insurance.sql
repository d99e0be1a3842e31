{# Insured spells from reports of employment insurance: corrections and cancellations applied, one row per acquisition
   report. Of several amendments of one report the one reported last wins. With `known_on`, a column of `relation`, the
   same for each of its days: the relation then holds what was received until that day. #}
{% macro insured_spells(relation, known_on=none) -%}
    {%- set each = known_on ~ ", " if known_on else "" -%}
    {%- set alike = ["", "", ""] -%}
    {%- if known_on -%}
        {%- set alike = [
            "and acq." ~ known_on ~ " = mend." ~ known_on,
            "and loss." ~ known_on ~ " = mend." ~ known_on,
            "and acquisitions." ~ known_on ~ " = losses." ~ known_on,
        ] -%}
    {%- endif -%}
    with

    amendments as (
        select
            {{ each }}
            refers_to_event_no,
            event_type,
            workplace_no,
            event_date,
            occupation_code,
            weekly_hours,
            monthly_pay_krw,
            loss_reason_code,
            worker_type,
            row_number() over (
                partition by {{ each }} refers_to_event_no
                order by reported_at desc, received_date desc, event_no desc
            ) as recency
        from {{ relation }}
        where event_type in ('CORRECT', 'CANCEL') and refers_to_event_no is not null
    ),

    last_amendments as (
        select * from amendments
        where recency = 1
    ),

    acquisitions as (
        select
            {{ "acq." ~ each if known_on }}
            acq.source_id,
            acq.event_no,
            acq.person_key,
            acq.birth_year,
            acq.sex,
            coalesce(mend.workplace_no, acq.workplace_no) as workplace_no,
            coalesce(mend.event_date, acq.event_date) as acquisition_date,
            coalesce(mend.occupation_code, acq.occupation_code) as occupation_code,
            coalesce(mend.weekly_hours, acq.weekly_hours) as weekly_hours,
            coalesce(mend.monthly_pay_krw, acq.monthly_pay_krw) as monthly_pay_krw,
            coalesce(mend.worker_type, acq.worker_type) as worker_type,
            acq.nationality_group,
            acq.contract_end_ym,
            acq.received_date as first_received_date,
            coalesce(mend.event_type = 'CANCEL', false) as is_cancelled,
            coalesce(mend.event_type = 'CORRECT', false) as is_acquisition_corrected
        from {{ relation }} as acq
        left join last_amendments as mend on acq.event_no = mend.refers_to_event_no {{ alike[0] }}
        where acq.event_type = 'ACQ'
    ),

    losses as (
        select
            {{ "loss." ~ each if known_on }}
            loss.refers_to_event_no as event_no,
            coalesce(mend.event_date, loss.event_date) as loss_date,
            coalesce(mend.loss_reason_code, loss.loss_reason_code) as loss_reason_code,
            loss.received_date as loss_received_date,
            row_number() over (
                partition by {{ "loss." ~ each if known_on }} loss.refers_to_event_no
                order by loss.reported_at desc, loss.received_date desc, loss.event_no desc
            ) as recency
        from {{ relation }} as loss
        left join last_amendments as mend on loss.event_no = mend.refers_to_event_no {{ alike[1] }}
        where loss.event_type = 'LOSS' and coalesce(mend.event_type <> 'CANCEL', true)
    )

    select
        {{ "acquisitions." ~ each if known_on }}
        acquisitions.source_id,
        acquisitions.event_no as spell_no,
        acquisitions.person_key,
        acquisitions.birth_year,
        acquisitions.sex,
        acquisitions.workplace_no,
        acquisitions.acquisition_date,
        losses.loss_date,
        acquisitions.first_received_date,
        losses.loss_received_date,
        acquisitions.worker_type,
        losses.loss_reason_code,
        acquisitions.occupation_code,
        acquisitions.weekly_hours,
        acquisitions.monthly_pay_krw,
        acquisitions.nationality_group,
        acquisitions.contract_end_ym,
        acquisitions.is_cancelled,
        acquisitions.is_acquisition_corrected,
        -- a loss before its acquisition is a reporting error that no correction has mended yet
        coalesce(losses.loss_date <= acquisitions.acquisition_date, false) as is_inverted
    from acquisitions
    left join losses on acquisitions.event_no = losses.event_no and losses.recency = 1 {{ alike[2] }}
{%- endmacro %}
