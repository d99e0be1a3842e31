-- The time between jobs: registration, one of three arms (E service episode, T training, N neither), the next start.
-- The planted effects act here and nowhere else:
--   E: hired within 183 days after the episode starts with chance base + employability + effect of the organisation
--   T: hired within 365 days after registration with chance base + employability + {{training_effect}}; N: without it
CREATE OR REPLACE TEMP TABLE open_gap AS
WITH drawn AS (
    SELECT
        *, pid * 64 + 32 + seq AS k,
        is_involuntary AND tenure >= 180 AND loss >= first_day() AND u(pid * 64 + 32 + seq, 'claim') < 0.62 AS has_claim
    FROM ended
),

registered AS (
    SELECT
        *,
        loss >= first_day() AND birth_return IS NULL AND (pid <= 5 OR u(k, 'register') < CASE
            WHEN has_claim THEN 0.96 WHEN seq < 0 THEN 0.6 WHEN is_involuntary THEN 0.40
                ELSE 0.20 END) AS is_registered,
        0.16 + CASE WHEN sex = 'F' THEN 0.14 ELSE 0 END + CASE WHEN education_code <= '03' THEN 0.10 ELSE 0 END
        + CASE WHEN birth_year > 1986 THEN 0.08 ELSE 0 END AS propensity
    FROM drawn
),

armed AS (
    SELECT
        *,
        loss + CASE WHEN pid <= 5 THEN 12 ELSE 2 + rnd(k, 'reg_lag', 24) END::INT AS reg_date,
        CASE
            WHEN pid <= 5 AND NOT is_registered THEN NULL
            WHEN pid = 1 AND seq < 0 THEN 'T' WHEN pid IN (2, 4) AND seq < 0 THEN 'E'
            WHEN NOT is_registered THEN NULL
            WHEN u(k, 'arm') < 0.45 THEN 'E' WHEN u(k, 'train') < propensity THEN 'T' ELSE 'N'
        END AS arm
    FROM registered
),

placed AS (
    SELECT
        a.*, coalesce(os.ono, og.ono) AS ono, coalesce(os_o.effect, og.effect) AS organisation_effect,
        a.reg_date + rnd(a.k, 'episode', 15)::INT AS episode_start,
        c.cno, c.length_days,
        1 + ceil((a.reg_date + 10 - (first_day() - 700 + c.offset_days::INT))::DOUBLE / c.every_days)::INT AS run_no,
        c.every_days, first_day() - 700 + c.offset_days::INT AS first_run
    FROM armed AS a
    LEFT JOIN organisation_seats AS n ON n.sido_no = a.sido_no
    LEFT JOIN organisation_seat AS os ON os.sido_no = a.sido_no AND os.seat = rnd(a.k, 'office', n.n)
    LEFT JOIN organisation AS os_o ON os_o.ono = os.ono
    JOIN organisation AS og ON og.ono = rnd(a.k, 'office', n_of('organisation'))
    -- the first courses have the most trainees, twice as many as all on average
    JOIN course AS c ON c.cno = floor(n_of('course') * (1 - sqrt(1 - u(a.k, 'course'))))::BIGINT
),

timed AS (
    SELECT
        *,
        first_run + ((run_no - 1) * every_days)::INT AS course_start,
        first_run + ((run_no - 1) * every_days + length_days)::INT AS course_end,
        CASE arm
            WHEN 'E' THEN u(k, 'outcome') < least(0.95, 0.40 + employability + organisation_effect)
            WHEN 'T' THEN u(k, 'outcome') < least(0.98, 0.50 + employability + {{training_effect}})
            WHEN 'N' THEN u(k, 'outcome') < 0.50 + employability
        END AS is_in_target
    FROM placed
),

hired AS (
    SELECT
        *,
        CASE
            WHEN arm = 'E' AND is_in_target THEN episode_start + 5 + floor(170 * pow(u(k, 'wait'), 1.25))::INT
            WHEN arm = 'E' THEN episode_start + 190 + expo(k, 'long', 260)::INT
            WHEN arm = 'T' AND is_in_target
                THEN course_end + 5
                    + floor((355 - (course_end - reg_date)) * pow(u(k, 'wait'), 1.6))::INT
            WHEN arm = 'N' AND is_in_target THEN reg_date + 7 + floor(350 * pow(u(k, 'wait'), 1.6))::INT
            WHEN arm IS NOT NULL THEN reg_date + 370 + expo(k, 'long', 300)::INT
            WHEN birth_return IS NOT NULL THEN birth_return
            WHEN NOT is_involuntary AND seq >= 0 AND u(k, 'direct') < 0.45 THEN loss + rnd(k, 'days', 12)::INT
            ELSE loss + 5 + expo(k, 'idle', CASE class WHEN 'STABLE' THEN 90 WHEN 'MOBILE' THEN 120 ELSE 220 END)::INT
        END AS start_raw
    FROM timed
),

-- employers hire at the start of January, February and March: some of those not registered wait for it
seasoned AS (
    SELECT
        *,
        CASE
            WHEN arm IS NULL AND month(start_raw) >= 10 AND u(k, 'season') < 0.40
                THEN make_date(year(start_raw)::INT + 1, 1 + rnd(k, 'which', 3)::INT, 2)
            WHEN arm IS NULL AND month(start_raw) <= 2 AND u(k, 'season') < 0.30
                THEN make_date(year(start_raw)::INT, 3, 2)
            ELSE start_raw
        END AS start_seasoned
    FROM hired
)

SELECT
    pid, sex, birth_year, region_no, sido_no, occ_no, class, education_code, employability, skill, seq, loss, has_claim,
    reg_date, arm, propensity, ono, episode_start, cno, run_no, course_start, course_end, pay, is_in_target,
    birth_return IS NOT NULL AS is_birth,
    start_seasoned + CASE WHEN isodow(start_seasoned) > 5 AND u(k, 'weekend') < 0.9
        THEN 8 - isodow(start_seasoned) ELSE 0 END::INT AS next_start
FROM seasoned;

INSERT INTO gap
SELECT
    pid, seq, loss, has_claim, CASE WHEN arm IS NOT NULL THEN reg_date END, arm, propensity,
    CASE WHEN arm IS NOT NULL THEN ono END, CASE WHEN arm = 'E' THEN episode_start END,
    CASE WHEN arm = 'T' THEN cno END, CASE WHEN arm = 'T' THEN run_no END, CASE WHEN arm = 'T' THEN course_start END,
    CASE WHEN arm = 'T' THEN course_end END, next_start, occ_no, pay, is_in_target, is_birth
FROM open_gap;

CREATE OR REPLACE TEMP TABLE state AS
SELECT
    pid, sex, birth_year, region_no, sido_no, occ_no, class, education_code, employability, skill, seq + 1 AS seq,
    next_start AS acq
FROM open_gap WHERE next_start <= last_day_of_nation();

DELETE FROM ended;
