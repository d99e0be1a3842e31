-- depends_on: {{ ref('skill_terms') }}
-- Skills that the title or text of a vacancy names, by the dictionary; vacancies of the last 24 whole months.
with

vacancies as (
    select
        vacancy_key,
        coalesce(submission_source_id, posting_source_id) as source_id,
        posting_id
    from {{ ref('fct_vacancies') }}
    where
        occupation_code is not null
        and registered_date >= {{ add_months(month_of(as_of()), -24) }}
        and registered_date < {{ month_of(as_of()) }}
),

texts as (
    select
        source_id,
        posting_id,
        lower(concat_ws(' ', title, description)) as words
    from {{ ref('int_vacancies__unioned') }}
    where registered_date >= {{ add_months(month_of(as_of()), -24) }}
),

named as (
    select
        vacancies.vacancy_key,
        unnest(list_distinct(regexp_extract_all(texts.words, '{{ skill_pattern() }}'))) as found
    from vacancies
    inner join texts
        on vacancies.source_id = texts.source_id and vacancies.posting_id = texts.posting_id
),

terms as (
    select
        skill_code,
        language,
        term
    from {{ ref('skill_terms') }}
),

-- what was found may hold shorter terms: welding with argon is welding
held as (
    select
        longer.term as found,
        shorter.skill_code
    from terms as longer
    inner join terms as shorter
        on longer.term = shorter.term or (shorter.language = 'ko' and contains(longer.term, shorter.term))
),

skills as (
    select distinct
        named.vacancy_key,
        held.skill_code
    from named
    inner join held on named.found = held.found
)

select * from skills
