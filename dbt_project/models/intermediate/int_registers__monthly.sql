-- Figures of two registers side by side, by total and province, in the months that both have.
with

beside as (
    select
        labour.month_date,
        labour.cell_no,
        labour.postings_open + insured.insured_stock as postings_open_and_insured,
        labour.registrations_open + insured.insured_stock as registered_and_insured
    from {{ ref('int_labour_cells__monthly') }} as labour
    inner join {{ ref('int_insured_cells__monthly') }} as insured
        on labour.month_date = insured.month_date and labour.cell_no = insured.cell_no
)

select * from beside
