-- Women who leave the job that they hold at a birth, and when they begin the next one: a year later or more, or never.
CREATE TEMP TABLE birth_break AS
SELECT
    pid, birth_date + (365.25 * (31.5 + 2.5 * normal(pid, 'birth_age')))::INT AS break_from,
    CASE WHEN u(pid, 'birth_return') < {{return_share}}
        THEN break_from + 365 + expo(pid, 'birth_away', 365 * {{mean_years_away}} - 365)::INT
        ELSE DATE '2999-12-31'
    END AS break_until
FROM person WHERE sex = 'F' AND pid > 5 AND u(pid, 'birth_break') < {{break_share}};

-- Where each person stands when the story begins: about to start a job (state) or about to enter the market (ended).
CREATE TEMP TABLE state AS
WITH begun AS (
    SELECT
        *,
        first_day() - CASE class
            WHEN 'STABLE' THEN rnd(pid, 'begin', 4200) WHEN 'MOBILE' THEN rnd(pid, 'begin', 700) - 120
            ELSE rnd(pid, 'begin', 420) - 200
        END::INT AS begin_date
    FROM person WHERE class IN ('STABLE', 'MOBILE', 'MARGINAL')
)

SELECT
    pid, sex, birth_year, region_no, sido_no, occ_no, class, education_code, employability, skill, 0 AS seq,
    CASE WHEN begin_date BETWEEN break_from AND break_until THEN break_until ELSE begin_date END AS acq
FROM begun LEFT JOIN birth_break USING (pid)
WHERE acq <= last_day_of_nation();

CREATE TEMP TABLE ended AS
SELECT
    pid, sex, birth_year, region_no, sido_no, occ_no, class, education_code, employability, skill, -1 AS seq,
    CASE pid
        WHEN 1 THEN first_day() + 200 WHEN 2 THEN first_day() + 700 WHEN 3 THEN first_day() + 1300
        WHEN 4 THEN history_end() - 60 WHEN 5 THEN history_end() - 10
        ELSE first_day() + rnd(pid, 'enter', 1750)::INT
    END AS loss,
    false AS is_involuntary, 0 AS tenure, 0::BIGINT AS pay, NULL::DATE AS birth_return
FROM person WHERE class = 'ENTRANT';

CREATE TABLE spell (
    pid BIGINT, seq INTEGER, kind VARCHAR, acq DATE, loss DATE, wno BIGINT, occ_no BIGINT, worker_type VARCHAR,
    weekly_hours DOUBLE, pay BIGINT, reason VARCHAR, contract_end_ym VARCHAR
);
CREATE TABLE gap (
    pid BIGINT, seq INTEGER, begin_date DATE, has_claim BOOLEAN, reg_date DATE, arm VARCHAR, propensity DOUBLE,
    ono BIGINT, episode_start DATE, cno BIGINT, run_no INTEGER, course_start DATE, course_end DATE, next_start DATE,
    occ_no BIGINT, pay BIGINT, is_in_target BOOLEAN, is_birth BOOLEAN
);
