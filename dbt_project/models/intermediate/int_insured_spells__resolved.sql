-- Insured spells as known on the working day.
with

spells as (
    {{ insured_spells(ref('int_insurance_events__unioned')) }}
)

select * from spells
