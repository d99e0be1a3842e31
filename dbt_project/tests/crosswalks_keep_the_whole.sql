{{ config(severity='error', meta={'mart': 'mart_occupation_profile', 'kind': 'integrity'}) }}
-- What goes from one version or classification to another is neither more nor less: the weights of a code sum to one.
select
    'industry' as crosswalk,
    from_code,
    sum(weight) as weight
from {{ ref('dim_industry_crosswalk') }}
group by industry_scheme, from_version, from_code, to_scheme, to_version
having sum(weight) <> 1
union all
select
    'occupation' as crosswalk,
    from_code,
    sum(weight) as weight
from {{ ref('dim_occupation_crosswalk') }}
group by from_scheme, from_version, from_code, to_scheme, to_version
having sum(weight) <> 1
union all
select
    'withdrawn occupation' as crosswalk,
    from_code,
    sum(weight) as weight
from {{ ref('dim_occupation_redirect') }}
group by occupation_scheme, from_code
having sum(weight) <> 1
