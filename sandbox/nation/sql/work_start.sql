-- Where each person stands when the story begins: about to start a job (state) or about to enter the market (ended).
CREATE TEMP TABLE state AS
SELECT
    pid, sex, birth_year, region_no, sido_no, occ_no, class, education_code, employability, skill, 0 AS seq,
    first_day() - CASE class
        WHEN 'STABLE' THEN rnd(pid, 'begin', 4200) WHEN 'MOBILE' THEN rnd(pid, 'begin', 700) - 120
        ELSE rnd(pid, 'begin', 420) - 200
    END::INT AS acq
FROM person WHERE class IN ('STABLE', 'MOBILE', 'MARGINAL');

CREATE TEMP TABLE ended AS
SELECT
    pid, sex, birth_year, region_no, sido_no, occ_no, class, education_code, employability, skill, -1 AS seq,
    CASE pid
        WHEN 1 THEN first_day() + 200 WHEN 2 THEN first_day() + 700 WHEN 3 THEN first_day() + 1300
        WHEN 4 THEN history_end() - 60 WHEN 5 THEN history_end() - 10
        ELSE first_day() + rnd(pid, 'enter', 1750)::INT
    END AS loss,
    false AS is_involuntary, 0 AS tenure, 0::BIGINT AS pay
FROM person WHERE class = 'ENTRANT';

CREATE TABLE spell (
    pid BIGINT, seq INTEGER, kind VARCHAR, acq DATE, loss DATE, wno BIGINT, occ_no BIGINT, worker_type VARCHAR,
    weekly_hours DOUBLE, pay BIGINT, reason VARCHAR, contract_end_ym VARCHAR
);
CREATE TABLE gap (
    pid BIGINT, seq INTEGER, begin_date DATE, has_claim BOOLEAN, reg_date DATE, arm VARCHAR, propensity DOUBLE,
    ono BIGINT, episode_start DATE, cno BIGINT, run_no INTEGER, course_start DATE, course_end DATE, next_start DATE,
    occ_no BIGINT, pay BIGINT, is_in_target BOOLEAN
);
