-- The private portal: its own submissions to the employment service, twins of Work24 postings, and some that the
-- service did not post.
CREATE TABLE portal_posting AS
WITH chosen AS (
    SELECT
        s.vid, s.posting_id, s.tk,
        CASE
            WHEN r.posted_from IS NOT NULL AND s.channel_code = 'PARTNER_PRIVATE' THEN 'OWN'
            WHEN r.posted_from IS NOT NULL AND u(s.vid, 'portal') < 0.22 THEN 'TWIN'
            WHEN r.posted_from IS NULL AND s.rule_no IS DISTINCT FROM 37 AND u(s.vid, 'portal') < 0.30 THEN 'UNPOSTED'
        END AS origin,
        coalesce(r.posted_from, s.submitted_date + 1) + CASE WHEN s.channel_code = 'PARTNER_PRIVATE' THEN 0
            ELSE rnd(s.vid, 'portal_lag', 6) END::INT AS posted_date,
        coalesce(r.closed_on, s.submitted_date + 35) + 1 + rnd(s.vid, 'portal_end', 12)::INT AS removed_on
    FROM submission AS s JOIN route AS r USING (vid)
)

SELECT *, 'J' || digits(vid, 10) AS portal_id FROM chosen WHERE origin IS NOT NULL;
