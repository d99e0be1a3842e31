-- Insurance acquisitions matched to the openings they may have filled. An acquisition fills one opening of each book of
-- vacancies: what stands in two portals was filled once, in both.
with

vacancies as (
    select
        lives.book,
        lives.vacancy_key,
        lives.workplace_no,
        employers.employer_no as business_no,
        left(lives.occupation_code, {{ var('hire_occupation_digits') }}) as occupation_block,
        lives.posted_from,
        lives.openings
    from {{ ref('int_vacancies__coded') }} as lives
    left join {{ ref('int_vacancy_employers') }} as employers on lives.vacancy_key = employers.vacancy_key
    where
        lives.posted_from is not null
        and lives.openings > 0
        and lives.occupation_scheme = 'KECO'
        and length(lives.occupation_code) >= {{ var('hire_occupation_digits') }}
),

acquisitions as (
    select
        spells.spell_no,
        spells.workplace_no,
        workplaces.business_no,
        left(spells.occupation_code, {{ var('hire_occupation_digits') }}) as occupation_block,
        spells.acquisition_date
    from {{ ref('fct_insured_spells') }} as spells
    left join {{ ref('dim_workplace') }} as workplaces on spells.workplace_no = workplaces.workplace_no
    where spells.is_headline
),

-- integers group and join several times faster than texts
workplace_blocks as (
    select
        book,
        workplace_no,
        occupation_block,
        row_number() over (order by book, workplace_no, occupation_block) as block
    from vacancies
    where workplace_no is not null
    group by book, workplace_no, occupation_block
),

workplace_openings as (
    select
        workplace_blocks.block,
        vacancies.vacancy_key,
        vacancies.posted_from,
        vacancies.openings
    from vacancies
    inner join workplace_blocks
        on
            vacancies.book = workplace_blocks.book
            and vacancies.workplace_no = workplace_blocks.workplace_no
            and vacancies.occupation_block = workplace_blocks.occupation_block
),

workplace_hires as (
    select
        workplace_blocks.block,
        acquisitions.spell_no,
        acquisitions.acquisition_date
    from acquisitions
    inner join workplace_blocks
        on
            acquisitions.workplace_no = workplace_blocks.workplace_no
            and acquisitions.occupation_block = workplace_blocks.occupation_block
),

matched_by_workplace as (
    {{ greedily_matched('workplace_openings', 'workplace_hires', var('hire_window_days')) }}
),

taken as (
    select
        vacancies.book,
        matched_by_workplace.spell_no
    from matched_by_workplace
    inner join vacancies on matched_by_workplace.vacancy_key = vacancies.vacancy_key
),

-- vacancies that name no workplace get what the workplaces of their employer have left
employer_blocks as (
    select
        book,
        business_no,
        occupation_block,
        row_number() over (order by book, business_no, occupation_block) as block
    from vacancies
    where workplace_no is null and business_no is not null
    group by book, business_no, occupation_block
),

employer_openings as (
    select
        employer_blocks.block,
        vacancies.vacancy_key,
        vacancies.posted_from,
        vacancies.openings
    from vacancies
    inner join employer_blocks
        on
            vacancies.book = employer_blocks.book
            and vacancies.business_no = employer_blocks.business_no
            and vacancies.occupation_block = employer_blocks.occupation_block
    where vacancies.workplace_no is null
),

employer_hires as (
    select
        employer_blocks.block,
        acquisitions.spell_no,
        acquisitions.acquisition_date
    from acquisitions
    inner join employer_blocks
        on
            acquisitions.business_no = employer_blocks.business_no
            and acquisitions.occupation_block = employer_blocks.occupation_block
    left join taken on acquisitions.spell_no = taken.spell_no and employer_blocks.book = taken.book
    where taken.spell_no is null
),

matched_by_employer as (
    {{ greedily_matched('employer_openings', 'employer_hires', var('hire_window_days')) }}
),

matched as (
    select
        *,
        'WORKPLACE' as matched_by
    from matched_by_workplace
    union all
    select
        *,
        'EMPLOYER' as matched_by
    from matched_by_employer
)

select * from matched
