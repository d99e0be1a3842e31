-- Skills that the title or text of a vacancy names, by the dictionary; vacancies of the last 24 whole months. Each
-- term is looked for by itself: one expression over all of them would miss a term that overlaps the one before it.
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

-- words in Latin letters between blanks, so that java is not found in javascript; Korean words take endings
spaced as (
    select
        vacancies.vacancy_key,
        texts.words,
        ' ' || regexp_replace(texts.words, '[^a-z0-9+#]+', ' ', 'g') || ' ' as latin_words
    from vacancies
    inner join texts
        on vacancies.source_id = texts.source_id and vacancies.posting_id = texts.posting_id
),

terms as (
    select
        skill_code,
        language = 'ko' as is_korean,
        case
            when language = 'ko' then term
            else ' ' || regexp_replace(term, '[^a-z0-9+#]+', ' ', 'g') || ' '
        end as term
    from {{ ref('skill_terms') }}
),

skills as (
    select distinct
        spaced.vacancy_key,
        terms.skill_code
    from spaced
    inner join terms on contains(case when terms.is_korean then spaced.words else spaced.latin_words end, terms.term)
)

select * from skills
