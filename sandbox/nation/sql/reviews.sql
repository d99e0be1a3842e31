-- The way of each submission through the four steps; decided from what was planted, never from the text.
CREATE TABLE posted AS
WITH drawn AS (
    SELECT
        vid, intake, openings, posting_id, submitted_date, kind, severity, rule_no, rule_code, close_date, is_open_ended,
        employer_closed_date, channel_code, watched_for, u(vid, 'route') AS ur, u(vid, 'route2') AS u2,
        CASE
            WHEN watched_for IS NOT NULL THEN 'POSTED'
            WHEN kind = 'DUPLICATE' AND u(vid, 'caught') < 0.85 THEN 'DUPLICATE'
            WHEN severity = 'R' THEN CASE
                WHEN u(vid, 'route') < 0.15 THEN 'REFUSED' WHEN u(vid, 'route') < 0.30 THEN 'RETURNED'
                WHEN u(vid, 'route') < 0.78 THEN 'REJECTED' WHEN u(vid, 'route') < 0.93 THEN 'CONFIRMED_BAD'
                    ELSE 'POSTED' END
            WHEN severity = 'H' THEN CASE
                WHEN u(vid, 'route') < 0.18 THEN 'RETURNED' WHEN u(vid, 'route') < 0.42 THEN 'CONFIRMED_BAD'
                WHEN u(vid, 'route') < 0.62 THEN 'UNREACHABLE' WHEN u(vid, 'route') < 0.90 THEN 'CONFIRMED_OK'
                    ELSE 'POSTED' END
            ELSE CASE
                WHEN u(vid, 'route') < 0.10 THEN 'RETURNED' WHEN u(vid, 'route') < 0.135 THEN 'REFUSED'
                WHEN u(vid, 'route') < 0.175 THEN 'REJECTED' WHEN u(vid, 'route') < 0.235 THEN 'UNREACHABLE'
                WHEN u(vid, 'route') < 0.265 THEN 'BEFORE_POSTING' WHEN u(vid, 'route') < 0.32 THEN 'HELD'
                WHEN u(vid, 'route') < 0.42 THEN 'CONFIRMED_OK' WHEN u(vid, 'route') < 0.46 THEN 'RESUBMITTED'
                    ELSE 'POSTED' END
        END AS outcome
    FROM submission
),

dated AS (
    SELECT
        *,
        at_office(submitted_date + rnd(vid, 's1_day', 3)::INT, vid, 's1') AS s1_at
    FROM drawn
),

resubmitted AS (
    SELECT
        *,
        CASE WHEN outcome = 'RESUBMITTED' THEN s1_at + to_days(2 + rnd(vid, 'again_days', 8)::INT) END AS resubmitted_at
    FROM dated
),

scored AS (
    SELECT
        *, coalesce(resubmitted_at + INTERVAL 5 HOUR, s1_at) AS accepted_at,
        at_night(coalesce(resubmitted_at, s1_at)::DATE + 1, vid, 's3') AS s3_at
    FROM resubmitted
),

called AS (
    SELECT
        *,
        CASE WHEN outcome IN ('CONFIRMED_OK', 'CONFIRMED_BAD', 'UNREACHABLE')
            THEN at_office(s3_at::DATE + rnd(vid, 's2_day', 5)::INT, vid, 's2') + INTERVAL 1 HOUR END AS s2_at
    FROM scored
),

dated_posting AS (
    SELECT
        *,
        CASE WHEN outcome IN ('POSTED', 'RESUBMITTED') THEN s3_at::DATE
            WHEN outcome = 'CONFIRMED_OK' THEN s2_at::DATE + 1 END
            AS posted_from
    FROM called
)

SELECT * FROM dated_posting;

-- Who was hired through which posting: those of its intake who start within 90 days after it appeared, as many as it has
-- openings. Postings under another's name or number, or with an occupation that does not exist, brought nobody.
CREATE TABLE vacancy_hire AS
WITH started AS (
    SELECT
        p.vid, p.openings, s.pid, s.seq, s.acq, s.wno, s.occ_no,
        row_number() OVER (PARTITION BY p.vid ORDER BY s.acq, s.pid, s.seq) AS hire_no
    FROM spell AS s
    JOIN occupation AS o ON o.occ_no = s.occ_no
    JOIN posted AS p ON p.intake = intake(s.wno, o.occ_code, s.acq)
    WHERE s.kind = 'MAIN' AND s.acq BETWEEN p.posted_from + 1 AND p.posted_from + 90
        AND coalesce(p.rule_no NOT IN (3, 4, 5, 6, 35, 38), true)
)

SELECT * FROM started WHERE hire_no <= openings;

CREATE TABLE route AS
WITH ending AS (
    SELECT
        p.*,
        CASE WHEN is_open_ended OR close_date <= posted_from THEN posted_from + 60
            ELSE close_date + 1 END AS expires_on,
        h.filled_on,
        -- somebody took the place who is insured elsewhere or not at all: no register knows
        CASE WHEN h.filled_on IS NULL AND (p.watched_for = 'REPORTED_FILLED'
            OR (p.intake IS NULL AND p.watched_for IS NULL AND u(p.vid, 'taken') < 0.1))
            THEN p.posted_from + 4 + rnd(p.vid, 'taken_after', 7)::INT END AS taken_on,
        CASE WHEN p.watched_for IS NULL THEN u(p.vid, 'ending') ELSE 1 END AS ue,
        -- what nobody doubted is asked about all the same, two in a hundred: a random sample
        CASE WHEN outcome IN ('POSTED', 'RESUBMITTED') AND p.watched_for IS NULL AND u(p.vid, 'audit') < 0.02
            THEN posted_from + 1 + rnd(p.vid, 'audit_day', 5)::INT END AS audit_on
    FROM posted AS p
    LEFT JOIN (SELECT vid, max(acq) AS filled_on FROM vacancy_hire WHERE hire_no = openings GROUP BY vid) AS h
        ON h.vid = p.vid
),

-- persons may start after the last day of applications: the posting has expired by then and is filled all the same
audited AS (
    SELECT *, coalesce(severity IN ('R', 'H') AND audit_on < least(expires_on, filled_on), false) AS is_taken_down
    FROM ending
),

closed AS (
    SELECT
        *,
        CASE
            WHEN is_taken_down THEN audit_on + 1
            WHEN filled_on < expires_on AND ue < 0.35 THEN least(expires_on,
                filled_on + 8 + rnd(vid, 'linger', 30)::INT)
            WHEN filled_on < expires_on THEN filled_on + 1
            WHEN ue < 0.08 THEN least(expires_on, posted_from + 2 + rnd(vid, 'withdrawn', 20)::INT)
            ELSE expires_on
        END AS closed_planned
    FROM audited
)

SELECT
    * EXCLUDE (ue, closed_planned, ur, u2),
    CASE WHEN posted_from IS NOT NULL THEN
        CASE WHEN employer_closed_date BETWEEN posted_from + 1 AND closed_planned THEN employer_closed_date
            ELSE closed_planned END END AS closed_on,
    CASE
        WHEN posted_from IS NULL THEN NULL
        WHEN employer_closed_date BETWEEN posted_from + 1 AND closed_planned THEN 'EMPLOYER_CLOSED'
        WHEN is_taken_down THEN 'WITHDRAWN'
        WHEN filled_on < expires_on AND closed_planned < expires_on THEN 'FILLED'
        WHEN ue < 0.08 AND closed_planned < expires_on THEN 'WITHDRAWN'
        WHEN is_open_ended THEN 'STALE' ELSE 'EXPIRED'
    END AS close_reason
FROM closed;

CREATE TABLE review AS
WITH decisions AS (
    SELECT vid, 1 AS step_no, 'S1_OFFICE' AS step_code, s1_at AS decided_at,
        CASE outcome WHEN 'REFUSED' THEN 'REFUSE' WHEN 'RETURNED' THEN 'RETURN' WHEN 'RESUBMITTED' THEN 'RETURN'
            WHEN 'DUPLICATE' THEN 'DUPLICATE' ELSE 'ACCEPT' END AS decision
    FROM route
    UNION ALL
    SELECT vid, 2, 'S1_OFFICE', accepted_at, 'ACCEPT' FROM route WHERE outcome = 'RESUBMITTED'
    UNION ALL
    SELECT vid, 3, 'S3_ALGORITHM', s3_at,
        CASE outcome WHEN 'REJECTED' THEN 'REJECT' WHEN 'POSTED' THEN CASE
            WHEN severity IS NOT NULL OR u(vid, 'warn') < 0.05 THEN 'WARN' ELSE 'PASS' END
            WHEN 'RESUBMITTED' THEN 'PASS' ELSE 'HOLD' END
    FROM route WHERE outcome NOT IN ('REFUSED', 'RETURNED', 'DUPLICATE', 'BEFORE_POSTING')
    UNION ALL
    SELECT vid, 4, 'S2_CALLCENTER', s2_at,
        CASE WHEN outcome = 'CONFIRMED_OK' AND u(vid, 'corrected') < 0.3 THEN 'CORRECTED' ELSE outcome END
    FROM route WHERE s2_at IS NOT NULL
    UNION ALL
    -- one in twenty lies before two people who do not know of each other; the first now and then takes a good one for bad
    SELECT vid, 8, 'S2_CALLCENTER', s2_at - INTERVAL 40 MINUTE,
        CASE WHEN outcome = 'CONFIRMED_BAD' OR u(vid, 'dissent') < 0.15 THEN 'CONFIRMED_BAD' ELSE 'CONFIRMED_OK' END
    FROM route WHERE outcome IN ('CONFIRMED_OK', 'CONFIRMED_BAD') AND u(vid, 'double') < 0.05
    UNION ALL
    SELECT vid, 9, 'S2_CALLCENTER', at_office(audit_on, vid, 'audit_at'),
        CASE WHEN is_taken_down THEN 'CONFIRMED_BAD' ELSE 'CONFIRMED_OK' END
    FROM route WHERE audit_on < closed_on
    UNION ALL
    SELECT vid, 5, 'S4_COHERENCE', at_night(s1_at::DATE + 1, vid, 's4_before') + INTERVAL 4 HOUR, 'WITHDRAWN' FROM route
        WHERE outcome = 'BEFORE_POSTING'
    UNION ALL
    SELECT vid, 6, 'S4_COHERENCE', at_night(posted_from, vid, 's4') + INTERVAL 4 HOUR, 'ACTIVE' FROM route
        WHERE posted_from IS NOT NULL
    UNION ALL
    SELECT vid, 7, 'S4_COHERENCE', at_night(closed_on, vid, 's4_end') + INTERVAL 3 HOUR, close_reason FROM route
        WHERE posted_from IS NOT NULL
)

SELECT
    'V' || digits(d.vid, 10) || d.step_no AS review_id, d.vid, r.posting_id, d.step_code, d.decision, d.decided_at,
    CASE
        WHEN d.decision IN ('ACCEPT', 'PASS', 'ACTIVE', 'CONFIRMED_OK') THEN '[]'
        WHEN d.decision = 'DUPLICATE' THEN '["DUP_EXACT"]'
        WHEN d.step_no = 5 THEN '["BEFORE_POSTING"]'
        WHEN d.step_no = 7 THEN '["' || CASE d.decision WHEN 'FILLED' THEN 'FILLED_EI'
            WHEN 'STALE' THEN 'VALIDITY_LAPSED' ELSE d.decision END || '"]'
        WHEN r.rule_code IS NOT NULL THEN '["' || r.rule_code || '"]'
        ELSE '["' || pick(['COND_MISSING', 'WAGE_NOT_STATED', 'TEMPLATE_BAIT', 'EMP_NAME_MISMATCH', 'DATE_INCOHERENT'],
            d.vid, 'reason') || '"]'
    END AS reason_codes,
    CASE d.step_code WHEN 'S1_OFFICE' THEN 'P' || digits(100 + rnd(d.vid, 'officer', 800), 4)
        WHEN 'S2_CALLCENTER' THEN 'C' || digits(1 + (rnd(d.vid, 'caller', 46) + CASE WHEN d.step_no = 8 THEN 7 ELSE 0 END)
            % 46, 4) END AS reviewer_id,
    CASE d.decision WHEN 'RETURN' THEN '보완 후 다시 접수해 주시기 바랍니다.' WHEN 'REFUSE' THEN '직업안정법 제8조에 따라 수리하지 않습니다.'
        WHEN 'UNREACHABLE' THEN '세 차례 통화하지 못함' WHEN 'CORRECTED' THEN '담당자와 통화하여 임금과 근무시간을 고침' END AS note
FROM decisions AS d JOIN route AS r USING (vid);
