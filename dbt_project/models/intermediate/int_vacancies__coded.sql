-- The occupation a vacancy's source gives or, where it gives none, the one its title was coded to.
with

lives as (
    select
        *,
        coalesce(submission_source_id, posting_source_id) as source_id,
        case when occupation_code is null then title end as uncoded_title
    from {{ ref('int_vacancies__lifecycle') }}
),

titles as (
    select
        source_id,
        title,
        occupation_scheme,
        occupation_code,
        decision,
        basis,
        confidence,
        coder
    from {{ source('landing', '_coded_titles') }}
),

coded as (
    select
        lives.* exclude (source_id, uncoded_title, occupation_scheme, occupation_code),
        case
            when titles.occupation_code is not null then titles.occupation_scheme
            else lives.occupation_scheme
        end as occupation_scheme,
        coalesce(lives.occupation_code, titles.occupation_code) as occupation_code,
        case
            when lives.occupation_code is not null then 'source'
            when titles.decision = 'abstained' then 'abstained'
            when titles.decision = 'coded' then titles.basis
            else 'uncoded'
        end as occupation_basis,
        titles.confidence as occupation_confidence,
        titles.coder as occupation_coder
    from lives
    left join titles on lives.source_id = titles.source_id and lives.uncoded_title = titles.title
)

select * from coded
