{{ config(severity='error', meta={'mart': 'mart_employment_trends_monthly', 'kind': 'integrity'}) }}
select
    region_code,
    sum(weight) as weight
from {{ ref('int_sidos__current') }}
group by region_code
having sum(weight) <> 1
