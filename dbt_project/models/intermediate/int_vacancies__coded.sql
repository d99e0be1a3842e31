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

joined as (
    select
        lives.*,
        titles.occupation_scheme as coded_scheme,
        titles.occupation_code as coded_code,
        titles.decision,
        titles.basis,
        titles.confidence as occupation_confidence,
        titles.coder as occupation_coder
    from lives
    left join titles on lives.source_id = titles.source_id and lives.uncoded_title = titles.title
),

coded as (
    select
        * exclude (
            source_id, uncoded_title, occupation_scheme, occupation_code, coded_scheme, coded_code, decision, basis
        ),
        case when coded_code is not null then coded_scheme else occupation_scheme end as occupation_scheme,
        coalesce(occupation_code, coded_code) as occupation_code,
        case
            when occupation_code is not null then 'source'
            when decision = 'abstained' then 'abstained'
            when decision = 'coded' then basis
            else 'uncoded'
        end as occupation_basis
    from joined
)

select * from coded
