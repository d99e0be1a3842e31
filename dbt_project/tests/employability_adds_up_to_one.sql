{{ config(severity='error', meta={'mart': 'mart_occupation_employability', 'kind': 'identity'}) }}
-- Whoever registers finds one kind of first job or none.
select
    occupation_scheme,
    occupation_code,
    sum(probability) as probability,
    sum(numerator) as numerator,
    min(n) as n
from {{ ref('mart_occupation_employability') }}
where null_reason is null
group by occupation_scheme, occupation_code
having abs(sum(probability) - 1) > 0.00000001 or sum(numerator) <> min(n) or min(n) <> max(n)
