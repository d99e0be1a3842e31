{{ config(severity='error', meta={'mart': 'mart_occupation_transition', 'kind': 'identity'}) }}
-- Whoever leaves an occupation goes somewhere: the shares of its paths are one whole, however many are merged.
select
    country,
    occupation_scheme,
    from_code,
    sum(share) as shares
from {{ ref('mart_occupation_transition') }}
group by country, occupation_scheme, from_code
having abs(sum(share) - 1) > 0.00000001 or count(*) filter (where to_code = 'OTHER') > 1
