-- Career coaching: who is assessed, coached, referred to other services, and stays in contact. It changes no outcome.
CREATE TABLE assessment AS
SELECT
    rid, pid, ono, occ_no, next_start, reg_date + 1 + rnd(rid, 'assessed_day', 15)::INT AS assessed_date,
    u(rid, 'coached') < 0.42 AS is_coached
FROM registration
WHERE u(rid, 'assessed') < 0.40 AND reg_date + 16 < next_start;

CREATE TABLE coaching AS
SELECT
    rid * 16 + j AS kid, rid, pid, ono, rid * 12 + rnd(rid, 'coach', 12) AS coach,
    assessed_date + 3 + (j * (9 + rnd(rid, 'rhythm', 35)) + rnd(rid * 16 + j, 'session_day', 8))::INT AS session_date,
    pick(['ONLINE', 'ONLINE', 'PHONE', 'IN_PERSON'], rid * 16 + j, 'mode') AS mode,
    CASE WHEN u(rid * 16 + j, 'rates') < 0.45 THEN CASE WHEN u(rid * 16 + j, 'helped') < 0.95
        THEN 4 + rnd(rid * 16 + j, 'helpful', 2) ELSE 1 + rnd(rid * 16 + j, 'helpful', 3) END END AS helpfulness,
    CASE WHEN u(rid * 16 + j, 'refers') < 0.22
        THEN pick(['CHILDCARE', 'HOUSING', 'FINANCE', 'HEALTH', 'LEGAL', 'TRAINING'], rid * 16 + j, 'service')
    END AS referred_service,
    CASE WHEN u(rid * 16 + j, 'refers') < 0.22 AND u(rid * 16 + j, 'begins') < 0.65
        THEN 5 + rnd(rid * 16 + j, 'begins_day', 40)::INT END AS service_after
FROM (
    SELECT *, unnest(range(1 + rnd(rid, 'sessions', 12))) AS j FROM assessment WHERE is_coached
)
-- half of the coaches let go when the client has found work
WHERE assessed_date + 3 + (j * (9 + rnd(rid, 'rhythm', 35)) + rnd(rid * 16 + j, 'session_day', 8))::INT
    < next_start + CASE WHEN u(rid, 'follows_up') < 0.5 THEN 400 ELSE 0 END;

CREATE VIEW p_assessments AS
SELECT
    'A' || digits(a.rid, 12) AS assessment_id, p.resident_no, 'R' || digits(a.rid, 12) AS seeker_reg_no,
    org.organisation_code, a.assessed_date, o.occ_code AS target_occupation_code,
    round(least(100, greatest(0, 55 + 12 * normal(a.rid, 'score') + 60 * p.employability)), 1) AS score,
    a.assessed_date + 1 AS received_date, at_office(a.assessed_date, a.rid, 'assessment') AS updated_at,
    a.assessed_date + 1 AS _delivery_date
FROM assessment AS a JOIN person AS p USING (pid) JOIN organisation AS org ON org.ono = a.ono
JOIN occupation AS o ON o.occ_no = a.occ_no
WHERE a.assessed_date + 1 <= last_day_of_nation();

CREATE VIEW p_coaching_sessions AS
WITH versions AS (
    SELECT kid, NULL::DATE AS service_started_date, at_office(session_date, kid, 'session') AS updated_at FROM coaching
    UNION ALL
    SELECT kid, session_date + service_after, at_office(session_date + service_after + 3, kid, 'service')
    FROM coaching WHERE service_after IS NOT NULL
)

SELECT
    'K' || digits(v.kid, 13) AS session_id, p.resident_no, org.organisation_code, 'C' || digits(c.coach, 12) AS coach_id,
    c.session_date, c.mode, c.helpfulness, c.referred_service, v.service_started_date,
    v.updated_at::DATE + 1 AS received_date, v.updated_at, v.updated_at::DATE + 1 AS _delivery_date
FROM versions AS v JOIN coaching AS c USING (kid) JOIN person AS p ON p.pid = c.pid
JOIN organisation AS org ON org.ono = c.ono
WHERE v.updated_at::DATE + 1 <= last_day_of_nation();

CREATE VIEW t_assessments AS
SELECT 'A' || digits(a.rid, 12) AS assessment_id, a.pid AS person_id, o.organisation_code, a.assessed_date,
    a.assessed_date + 1 AS received_date
FROM assessment AS a JOIN organisation AS o USING (ono);
CREATE VIEW t_coaching_sessions AS
SELECT 'K' || digits(c.kid, 13) AS session_id, c.pid AS person_id, c.session_date, c.helpfulness, c.referred_service,
    c.session_date + c.service_after AS service_started_date, c.session_date + 1 AS received_date
FROM coaching AS c;
