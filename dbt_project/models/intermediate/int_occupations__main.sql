{{ config(materialized='view') }}

-- One occupation in force per withdrawn code: of its successors on the same level the one that got most of it. A record
-- has one occupation, so figures move as a whole and totals stay. A code without a successor stays what it is.
with

main as (
    select
        occupation_scheme,
        from_code as occupation_code,
        to_code as current_occupation_code
    from {{ ref('dim_occupation_redirect') }}
    where basis = 'successor' and length(from_code) = length(to_code)
    qualify
        row_number() over (
            partition by occupation_scheme, from_code
            order by weight desc, to_code asc
        ) = 1
)

select * from main
