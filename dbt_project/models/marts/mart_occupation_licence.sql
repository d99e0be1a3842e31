-- Licences of an occupation: what the law demands or names for it, and what vacancies ask for. A name is the
-- qualification that ever had it, so a vacancy that uses the former name of a renamed one still counts.
with

names as (
    select
        replace(name_ko, ' ', '') as name_key,
        qualification_code
    from {{ ref('dim_qualification_name') }}
    qualify
        row_number()
            over (partition by replace(name_ko, ' ', '') order by last_listed_date desc, qualification_code asc)
        = 1
),

-- a vacancy that stands where licences are told, and names none, asks for none
tellers as (
    select distinct posting_source_id from {{ ref('fct_vacancies') }}
    where licence_text is not null
),

vacancies as (
    select
        levelled.vacancy_key,
        levelled.occupation_scheme,
        levelled.occupation_code,
        facts.licence_text
    from {{ ref('int_occupation_vacancies') }} as levelled
    inner join {{ ref('fct_vacancies') }} as facts on levelled.vacancy_key = facts.vacancy_key
    inner join tellers on facts.posting_source_id = tellers.posting_source_id
    where levelled.occupation_level = 4
),

totals as (
    select
        occupation_scheme,
        occupation_code,
        count(*) as vacancies
    from vacancies
    group by occupation_scheme, occupation_code
),

written as (
    select distinct
        vacancy_key,
        occupation_scheme,
        occupation_code,
        trim(unnest(string_split(licence_text, ','))) as licence_name
    from vacancies
),

asked as (
    select
        written.occupation_scheme,
        written.occupation_code,
        coalesce(names.qualification_code, written.licence_name) as licence_key,
        count(distinct written.vacancy_key) as vacancies_naming
    from written
    left join names on replace(written.licence_name, ' ', '') = names.name_key
    where written.licence_name <> ''
    group by
        written.occupation_scheme, written.occupation_code, coalesce(names.qualification_code, written.licence_name)
),

legal as (
    select
        'KECO' as occupation_scheme,
        listed.occupation_code,
        coalesce(names.qualification_code, listed.qualification_name) as licence_key,
        listed.is_mandatory,
        listed.law_ko,
        listed.law_en
    from {{ ref('occupation_licences') }} as listed
    left join names on replace(listed.qualification_name, ' ', '') = names.name_key
),

licences as (
    select
        coalesce(asked.occupation_scheme, legal.occupation_scheme) as occupation_scheme,
        coalesce(asked.occupation_code, legal.occupation_code) as occupation_code,
        coalesce(asked.licence_key, legal.licence_key) as licence_key,
        coalesce(legal.is_mandatory, false) as is_mandatory,
        legal.law_ko,
        legal.law_en,
        coalesce(asked.vacancies_naming, 0) as vacancies_naming
    from asked
    full outer join legal
        on
            asked.occupation_scheme = legal.occupation_scheme
            and asked.occupation_code = legal.occupation_code
            and asked.licence_key = legal.licence_key
),

former as (
    select
        qualification_code,
        {{ ordered_list('name_ko', 'last_listed_date') }} as former_names
    from {{ ref('dim_qualification_name') }}
    where not is_current
    group by qualification_code
)

select
    cast(licences.occupation_scheme as varchar) as occupation_scheme,
    cast(licences.occupation_code as varchar) as occupation_code,
    cast(occupations.name_ko as varchar) as occupation_name_ko,
    cast(occupations.name_en as varchar) as occupation_name_en,
    cast(licences.licence_key as varchar) as licence_key,
    cast(coalesce(qualifications.name_ko, licences.licence_key) as varchar) as licence_name,
    former.former_names,
    cast(qualifications.series_name as varchar) as series_name,
    cast(licences.is_mandatory as boolean) as is_mandatory,
    cast(licences.law_ko as varchar) as law_ko,
    cast(licences.law_en as varchar) as law_en,
    cast(licences.vacancies_naming as bigint) as vacancies_naming,
    cast(coalesce(totals.vacancies, 0) as bigint) as n,
    {{ ratio('licences.vacancies_naming', 'totals.vacancies') }} as share,
    cast({{ null_reason('totals.vacancies') }} as varchar) as null_reason,
    {{ quality('totals.vacancies') }} as quality,
    {{ as_of() }} as as_of
from licences
left join totals
    on
        licences.occupation_scheme = totals.occupation_scheme
        and licences.occupation_code = totals.occupation_code
left join {{ ref('dim_qualification') }} as qualifications
    on licences.licence_key = qualifications.qualification_code
left join former on licences.licence_key = former.qualification_code
left join {{ ref('dim_occupation') }} as occupations
    on
        licences.occupation_scheme = occupations.occupation_scheme
        and licences.occupation_code = occupations.occupation_code
        and occupations.is_current
