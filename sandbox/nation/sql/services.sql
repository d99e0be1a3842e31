-- What organisations do for their clients day by day, and what clients gain. It changes no outcome.
-- Some cases are left idle, more of them in every fifth organisation; a third of these get one last contact at the end.
CREATE TABLE contact AS
WITH kept AS (
    SELECT
        *, CASE WHEN u(sid, 'idle') < CASE WHEN ono % 5 = 2 THEN 0.35 ELSE 0.06 END
            THEN start_date + 15 + rnd(sid, 'idle_from', 60)::INT END AS idle_from
    FROM (FROM episode SELECT sid, ono, programme_code, start_date, end_date
        UNION ALL FROM agency_client SELECT sid, ono, programme_code, start_date, end_date)
)

SELECT
    sid * 16 + j AS zid, sid, ono, programme_code, start_date + (j * (18 + rnd(sid, 'pace', 25))
        + rnd(sid * 16 + j, 'contact_day', 7))::INT AS service_date
FROM (SELECT *, unnest(range(15)) AS j FROM kept)
WHERE start_date + (j * (18 + rnd(sid, 'pace', 25)) + rnd(sid * 16 + j, 'contact_day', 7))::INT
    <= least(end_date, coalesce(idle_from, end_date))
UNION ALL
SELECT sid * 16 + 15, sid, ono, programme_code, end_date - 3 FROM kept
WHERE end_date - idle_from > 30 AND u(sid, 'resumes') < 0.35;

-- Credentials: most of those who complete a course for a licence, school leavers who make up for it, and a few others.
CREATE TABLE credential AS
SELECT
    e.rid * 4 AS lid, e.pid, 'NATIONAL_QUALIFICATION' AS credential_kind,
    pick(string_split(o.qual_codes, '|'), e.rid, 'qualification') AS qualification_code,
    e.course_end + 15 + rnd(e.rid, 'attained_day', 420)::INT AS attained_date
FROM enrolment AS e JOIN course AS c USING (cno) JOIN occupation AS o USING (occ_no)
WHERE e.final_status = 'COMPLETED' AND o.qual_codes IS NOT NULL AND u(e.rid, 'attains') < 0.60
UNION ALL
SELECT
    e.rid * 4 + 1, e.pid, 'SECONDARY_DIPLOMA', NULL, e.course_start + 30 + rnd(e.rid, 'diploma_day', 400)::INT
FROM enrolment AS e JOIN person AS p USING (pid)
WHERE p.education_code <= '03' AND u(e.rid, 'diploma') < 0.10
UNION ALL
SELECT
    g.rid * 4 + 2, g.pid, 'NATIONAL_QUALIFICATION', pick(string_split(o.qual_codes, '|'), g.rid, 'qualification'),
    g.reg_date + rnd(g.rid, 'attained_day', 600)::INT
FROM registration AS g JOIN occupation AS o USING (occ_no)
WHERE o.qual_codes IS NOT NULL AND u(g.rid, 'studies') < 0.04;

CREATE VIEW p_service_contacts AS
SELECT
    'Z' || digits(c.zid, 14) AS contact_id, episode_number(c.sid) AS episode_id, org.organisation_code,
    c.service_date, CASE c.programme_code WHEN 'TRN' THEN 'TRAINING'
        ELSE pick(['COUNSELLING', 'JOB_SEARCH', 'WORKSHOP', 'REFERRAL'], c.zid, 'service_kind') END AS service_code,
    c.service_date + 1 AS received_date, at_office(c.service_date, c.zid, 'contact') AS updated_at,
    c.service_date + 1 AS _delivery_date
FROM contact AS c JOIN organisation AS org USING (ono)
WHERE c.service_date + 1 <= last_day_of_nation();

CREATE VIEW p_credentials AS
SELECT
    'L' || digits(c.lid, 12) AS credential_no, p.resident_no, c.credential_kind, c.qualification_code, c.attained_date,
    c.attained_date + 5 AS received_date, at_office(c.attained_date + 4, c.lid, 'credential') AS updated_at,
    c.attained_date + 5 AS _delivery_date
FROM credential AS c JOIN person AS p USING (pid)
WHERE c.attained_date + 5 <= last_day_of_nation();

-- Who was without work on the first of July, as a survey of the labour force would put it; told in February. The group of
-- a person is the one that organisations report.
CREATE VIEW p_eligible_populations AS
WITH surveyed AS (
    SELECT y, make_date(y::INT, 7, 1) AS survey_date FROM range(year(first_day()) + 1, year(last_day_of_nation())) AS t(y)
    WHERE make_date(y::INT + 1, 2, 20) <= last_day_of_nation()
),

without_work AS (
    SELECT s.y, client_group_of(p.pid, p.sex, s.y - p.birth_year, g.has_claim) AS client_group
    FROM gap AS g JOIN surveyed AS s ON g.begin_date <= s.survey_date AND g.next_start > s.survey_date
        AND NOT g.is_birth
    JOIN person AS p USING (pid)
)

SELECT
    y::VARCHAR AS period, client_group, count(*) AS persons, make_date(y::INT + 1, 2, 20) AS received_date,
    make_date(y::INT + 1, 2, 18)::TIMESTAMP + INTERVAL 12 HOUR AS updated_at,
    make_date(y::INT + 1, 2, 20) AS _delivery_date
FROM without_work GROUP BY y, client_group;

CREATE VIEW t_service_contacts AS
SELECT 'Z' || digits(zid, 14) AS contact_id, episode_number(sid) AS episode_id, service_date,
    service_date + 1 AS received_date
FROM contact;
CREATE VIEW t_credentials AS
SELECT 'L' || digits(lid, 12) AS credential_no, pid AS person_id, credential_kind, attained_date,
    attained_date + 5 AS received_date
FROM credential;
