-- Job-seeker registrations with renewals and outcomes, and what follows from them. rid: person and gap.
CREATE TABLE registration AS
WITH drawn AS (
    SELECT
        g.*, g.pid * 64 + g.seq + 1 AS rid,
        CASE WHEN u(g.pid * 64 + g.seq, 'renewals') < 0.45 THEN 0 WHEN u(g.pid * 64 + g.seq, 'renewals') < 0.75 THEN 1
            WHEN u(g.pid * 64 + g.seq, 'renewals') < 0.90 THEN 2 ELSE 3 END AS planned_renewals
    FROM gap AS g WHERE g.arm IS NOT NULL AND g.reg_date <= last_day_of_nation()
),

ended AS (
    SELECT
        *,
        reg_date + 92 * (planned_renewals + 1) AS last_valid,
        reg_date + 10 + rnd(rid, 'leave_day', 70)::INT AS leave_date,
        u(rid, 'leave') < 0.07 AND pid > 5 AS wants_to_leave,
        u(rid, 'known') < 0.88 AS is_hire_known
    FROM drawn
)

SELECT
    *,
    CASE WHEN wants_to_leave AND leave_date < next_start THEN 'WITHDRAWN'
        WHEN next_start <= last_valid AND is_hire_known THEN 'EMPLOYED' ELSE 'EXPIRED' END AS final_status,
    CASE WHEN wants_to_leave AND leave_date < next_start THEN leave_date
        WHEN next_start <= last_valid AND is_hire_known THEN next_start ELSE last_valid + 1 END AS final_date,
    CASE
        WHEN has_claim THEN 'UI_BENEFICIARY'
        WHEN arm IN ('E', 'T') AND u(rid, 'channel') < 0.25 THEN 'ALMP'
        WHEN u(rid, 'channel') < 0.68 THEN 'ONLINE' ELSE 'PES_OFFICE'
    END AS entry_channel,
    CASE arm WHEN 'E' THEN pick(['EAP1', 'EAP2', 'JSA', 'YJOB', 'WRET'], rid, 'programme')
        WHEN 'T' THEN 'TRN' END AS programme_code
FROM ended;

CREATE TABLE registration_version AS
SELECT
    rid, j AS renewal_no, 'ACTIVE' AS status, CASE WHEN j = 0 THEN reg_date
        ELSE reg_date + 92 * j - 3 END AS status_date,
    at_office(CASE WHEN j = 0 THEN reg_date ELSE reg_date + 92 * j - 3 END, rid * 8 + j, 'version') AS updated_at
FROM (SELECT *, unnest(range(planned_renewals + 1))::INT AS j FROM registration)
WHERE j = 0 OR reg_date + 92 * j - 3 < final_date
UNION ALL
SELECT
    rid,
    least(planned_renewals, greatest(0, (final_date - reg_date + 3) // 92)), final_status, final_date,
    at_office(final_date + CASE WHEN final_status = 'EMPLOYED' THEN 1 + rnd(rid, 'hire_known', 25) ELSE 0 END::INT,
        rid * 8 + 7, 'version')
    + INTERVAL 1 MINUTE
FROM registration;

CREATE TABLE posting_index AS
SELECT
    r.vid, r.posting_id, s.sido_no, date_trunc('month', r.posted_from)::DATE AS month, r.posted_from, r.closed_on,
        s.occ_no,
    row_number() OVER (PARTITION BY s.sido_no, date_trunc('month', r.posted_from) ORDER BY r.vid) - 1 AS n
FROM route AS r JOIN submission AS s USING (vid) WHERE r.posted_from IS NOT NULL;
CREATE TABLE posting_count AS SELECT sido_no, month, count(*) AS n FROM posting_index GROUP BY ALL;

CREATE TABLE referral AS
WITH drawn AS (
    SELECT g.rid, g.pid, g.ono, g.reg_date, g.next_start, p.sido_no, unnest(range(rnd(g.rid, 'referrals', 4))) AS j
    FROM registration AS g JOIN person AS p USING (pid)
),

matched AS (
    SELECT
        d.rid * 4 + d.j AS fid, d.*, x.posting_id, x.vid,
        greatest(x.posted_from, d.reg_date) + 1 + rnd(d.rid * 4 + d.j, 'ref_day', 6)::INT AS referred_date, x.closed_on,
        false AS is_hire
    FROM drawn AS d
    JOIN posting_count AS c ON c.sido_no = d.sido_no
    AND c.month = date_trunc('month', d.reg_date + (15 + 25 * d.j)::INT)
    JOIN posting_index AS x
        ON x.sido_no = c.sido_no AND x.month = c.month AND x.n = rnd(d.rid * 4 + d.j, 'posting', c.n)
    UNION ALL
    -- the office sent some of those who were hired through a posting
    SELECT
        g.rid * 4 + 3, g.rid, g.pid, g.ono, g.reg_date, g.next_start, p.sido_no, 3, r.posting_id, r.vid,
        greatest(r.posted_from, g.reg_date) + 1 + rnd(g.rid, 'ref_day', 6)::INT, r.closed_on, true
    FROM registration AS g
    JOIN person AS p ON p.pid = g.pid
    JOIN vacancy_hire AS h ON h.pid = g.pid AND h.acq = g.next_start
    JOIN route AS r ON r.vid = h.vid
    WHERE u(g.rid, 'sent') < 0.6
),

valid AS (
    SELECT * FROM matched
    WHERE referred_date BETWEEN reg_date AND least(next_start - 1, last_day_of_nation()) AND referred_date <= closed_on
)

SELECT
    fid, rid, pid, ono, vid, posting_id, referred_date,
    CASE
        WHEN is_hire THEN 'HIRED'
        WHEN u(fid, 'result') < 0.50 THEN 'REJECTED' WHEN u(fid, 'result') < 0.70 THEN 'NO_SHOW'
        WHEN u(fid, 'result') < 0.80 THEN 'EMPLOYER_CANCEL'
    END AS result,
    CASE
        WHEN is_hire THEN next_start
        WHEN u(fid, 'result') < 0.80 THEN referred_date + 2 + rnd(fid, 'result_day', 14)::INT
    END AS result_date
FROM valid;

CREATE TABLE enrolment AS
SELECT
    g.rid, g.pid, g.ono, g.cno, g.run_no, g.course_start - 1 - rnd(g.rid, 'enrol_day', 7)::INT AS enrolled_date,
    CASE WHEN u(g.rid, 'drop') < 0.14 THEN 'DROPPED' ELSE 'COMPLETED' END AS final_status,
    CASE WHEN u(g.rid, 'drop') < 0.14 THEN g.course_start + 3 + rnd(g.rid, 'drop_day',
        (g.course_end - g.course_start - 4))::INT
        ELSE g.course_end END AS ended_date,
    g.course_start, g.course_end, g.reg_date, g.next_start, g.is_in_target
FROM registration AS g WHERE g.arm = 'T';

-- sid names the episode: a tenth of the clients who stay long are served by a second organisation, which changes nothing;
-- who is trained is served from enrolment until some weeks after the course
CREATE TABLE episode AS
WITH served AS (
    SELECT
        rid AS sid, rid, pid, ono, programme_code, episode_start AS start_date, next_start,
        episode_start + 180 + rnd(rid, 'ep_len', 60)::INT AS planned_end, false AS is_dropped
    FROM registration WHERE arm = 'E' AND episode_start <= last_day_of_nation()
    UNION ALL
    SELECT
        g.rid, g.rid, g.pid, g.ono, g.programme_code, e.enrolled_date, g.next_start,
        e.ended_date + 20 + rnd(g.rid, 'ep_len', 60)::INT, e.final_status = 'DROPPED'
    FROM registration AS g JOIN enrolment AS e USING (rid)
    WHERE e.enrolled_date <= last_day_of_nation()
    UNION ALL
    SELECT
        100000000000 + g.rid, g.rid, g.pid, o.ono, g.programme_code,
        g.episode_start + 15 + rnd(g.rid, 'handed_day', 120)::INT, g.next_start,
        g.episode_start + 15 + rnd(g.rid, 'handed_day', 120)::INT + 180
            + rnd(100000000000 + g.rid, 'ep_len', 60)::INT, false
    FROM registration AS g
    JOIN organisation AS o ON o.ono = (g.ono + 1 + rnd(g.rid, 'handed_to', n_of('organisation') - 1)) % n_of('organisation')
    WHERE g.arm = 'E' AND u(g.rid, 'handed') < 0.12
        AND g.episode_start + 15 + rnd(g.rid, 'handed_day', 120)::INT < least(g.next_start, last_day_of_nation() + 1)
)

SELECT
    sid, rid, pid, ono, programme_code, start_date,
    least(next_start, planned_end) AS end_date,
    CASE
        WHEN next_start <= CASE programme_code WHEN 'TRN' THEN planned_end ELSE start_date + 180 END THEN 'EMPLOYED'
        WHEN is_dropped THEN 'DROPPED'
        WHEN u(sid, 'exit') < 0.72 THEN 'COMPLETED' WHEN u(sid, 'exit') < 0.96 THEN 'DROPPED'
        ELSE pick(['DEATH', 'MILITARY', 'LONG_ILLNESS', 'EMIGRATION'], sid, 'exempt')
    END AS exit_reason,
    (20 + rnd(sid, 'cost', 180)) * 10000 AS cost_krw, next_start, next_start - start_date <= 183 AS is_in_target
FROM served;

CREATE TABLE claim AS
WITH drawn AS (
    SELECT
        g.pid * 64 + g.seq + 1 AS rid, g.pid, g.begin_date, g.next_start, g.pay,
        g.begin_date + 5 + rnd(g.pid * 64 + g.seq, 'claim_day', 30)::INT AS claim_date,
        [120, 150, 180, 210, 240][1 + rnd(g.pid * 64 + g.seq, 'benefit', 5)] AS benefit_days,
        u(g.pid * 64 + g.seq, 'refused') < 0.06 AS is_refused
    FROM gap AS g WHERE g.has_claim
)

SELECT
    *, claim_date + 14 AS first_paid_date, claim_date + 14 + benefit_days::INT AS exhaust_date,
    least(68100, greatest(63104, pay * 0.6 / 30))::BIGINT AS daily_amount_krw,
    CASE WHEN is_refused THEN 'REFUSED' WHEN next_start < claim_date + 14 + benefit_days THEN 'REEMPLOYED'
        ELSE 'EXHAUSTED' END AS final_status
FROM drawn WHERE claim_date < next_start AND claim_date <= last_day_of_nation();

CREATE TABLE run AS
WITH runs AS (
    SELECT
        c.*,
        unnest(range(1, 1 + ceil(
            (last_day_of_nation() + 120 - (first_day() - 700 + c.offset_days::INT))::DOUBLE / c.every_days
        )::BIGINT)) AS run_no
    FROM course AS c
),

dated AS (
    SELECT
        *, first_day() - 700 + (offset_days + (run_no - 1) * every_days)::INT AS start_date,
        first_day() - 700 + (offset_days + (run_no - 1) * every_days + length_days)::INT AS end_date
    FROM runs
),

outcomes AS (
    SELECT
        cno, run_no, count(*) AS trainees, count(*) FILTER (WHERE final_status = 'COMPLETED') AS completers,
        count(*) FILTER (WHERE final_status = 'COMPLETED' AND next_start <= course_end + 90) AS employed_3m,
        count(*) FILTER (WHERE final_status = 'COMPLETED' AND next_start <= course_end + 180) AS employed_6m
    FROM enrolment GROUP BY ALL
)

SELECT
    d.*, coalesce(o.trainees, 0) AS trainees, coalesce(o.completers, 0) AS completers,
        coalesce(o.employed_3m, 0) AS employed_3m,
    coalesce(o.employed_6m, 0) AS employed_6m
FROM dated AS d LEFT JOIN outcomes AS o ON o.cno = d.cno AND o.run_no = d.run_no
WHERE d.start_date >= first_day();
