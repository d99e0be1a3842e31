-- One round of the story: every person in `state` starts a job; whoever loses it before the last day goes to `ended`.
CREATE OR REPLACE TEMP TABLE round AS
WITH drawn AS (
    SELECT
        s.* EXCLUDE (occ_no), s.pid * 64 + s.seq AS k,
        CASE WHEN u(s.pid * 64 + s.seq, 'away') < 0.13 THEN r.sido_no ELSE s.sido_no END AS job_sido,
        CASE WHEN u(s.pid * 64 + s.seq, 'switch') < 0.30
            -- as often to the work most alike as to anything
            THEN CASE WHEN u(s.pid * 64 + s.seq, 'alike') < 0.5 THEN n.next_no
                WHEN s.sex = 'M' THEN om.occ_no ELSE ofe.occ_no END
            ELSE s.occ_no
        END AS occ_no
    FROM state AS s
    JOIN region_slot AS rs ON rs.slot = rnd(s.pid * 64 + s.seq, 'job_region', 20000)
    JOIN region AS r ON r.region_no = rs.region_no
    JOIN next_occupation AS n ON n.occ_no = s.occ_no
    JOIN occupation_slot_M AS om ON om.slot = rnd(s.pid * 64 + s.seq, 'job_occ', 1000)
    JOIN occupation_slot_F AS ofe ON ofe.slot = rnd(s.pid * 64 + s.seq, 'job_occ', 1000)
),

sectioned AS (
    SELECT d.*, o.pay AS occ_pay, pick(o.sections, d.k, 'section') AS job_section
    FROM drawn AS d JOIN occupation AS o ON o.occ_no = d.occ_no
),

seated AS (
    SELECT
        c.*,
        CASE
            WHEN w1.wno IS NOT NULL AND w1.established_date <= c.acq AND coalesce(w1.closed_date > c.acq + 30, true)
                THEN w1.wno
            ELSE coalesce(s2.wno, s3.wno)
        END AS wno
    FROM sectioned AS c
    LEFT JOIN section_seats AS n1 ON n1.sido_no = c.job_sido AND n1.section = c.job_section
    LEFT JOIN seat AS s1
        ON s1.sido_no = c.job_sido AND s1.section = c.job_section AND s1.section_seat = rnd(c.k, 'seat1', n1.n)
    LEFT JOIN workplace AS w1 ON w1.wno = s1.wno
    LEFT JOIN sido_seats AS n2 ON n2.sido_no = c.job_sido
    LEFT JOIN seat AS s2
        ON s2.sido_no = c.job_sido AND s2.is_lasting AND s2.sido_seat = rnd(c.k, 'seat2', n2.n)
    LEFT JOIN seat AS s3 ON s3.seat = rnd(c.k, 'seat3', n_of('seat'))
),

lasting AS (
    SELECT
        s.*, w.section, w.closed_date, w.sido_no AS work_sido,
        acq + 6 + expo(k, 'duration', CASE class
            WHEN 'STABLE' THEN 2700 WHEN 'MOBILE' THEN 430 WHEN 'MARGINAL' THEN 170 ELSE 520 END)::INT AS loss_raw,
        u(k, 'reason') AS ur
    FROM seated AS s JOIN workplace AS w ON w.wno = s.wno
),

timed AS (
    SELECT
        *,
        -- the downturn of 2023 costs jobs in construction, manufacturing and accommodation, most in the south-east
        acq < DATE '2023-03-01' AND loss_raw > DATE '2023-09-30'
        AND u(k, 'shock') < CASE WHEN section IN ('F', 'C', 'I') THEN 0.10 ELSE 0.01 END
            + CASE WHEN work_sido IN (1, 6, 15) THEN 0.06 ELSE 0 END AS is_shocked,
        CASE
            WHEN month(loss_raw) >= 10 AND u(k, 'year_end') < 0.4
                THEN make_date(year(loss_raw)::INT + 1, 1, 1)
            WHEN u(k, 'month_end') < 0.5 AND date_trunc('month', loss_raw)::DATE > acq + 10
                THEN date_trunc('month', loss_raw)::DATE
            ELSE loss_raw
        END AS loss_planned
    FROM lasting
),

closed AS (
    SELECT
        *,
        CASE WHEN is_shocked THEN DATE '2023-03-01' + rnd(k, 'shock_day', 214)::INT ELSE loss_planned END AS loss_before
    FROM timed
),

left_at_birth AS (
    SELECT c.*, b.break_from, b.break_until AS birth_return
    FROM closed AS c
    LEFT JOIN birth_break AS b
        ON b.pid = c.pid AND b.break_from > c.acq AND b.break_from < least(c.closed_date, c.loss_before)
)

SELECT
    pid, sex, birth_year, region_no, sido_no, occ_no, class, education_code, employability, skill, seq, k, acq, wno,
    work_sido, occ_pay,
    CASE WHEN least(closed_date, loss_before, break_from) <= last_day_of_nation()
        THEN least(closed_date, loss_before, break_from) END AS loss,
    birth_return,
    CASE
        WHEN break_from IS NOT NULL THEN '11'
        WHEN closed_date IS NOT NULL AND closed_date <= loss_before THEN '22'
        WHEN is_shocked THEN '23'
        WHEN year(acq) - birth_year >= 60 AND ur < 0.35 THEN '31'
        WHEN ur < 0.52 THEN '11' WHEN ur < 0.76 THEN '32' WHEN ur < 0.87 THEN '23' WHEN ur < 0.95 THEN '12'
        WHEN ur < 0.97 THEN '26' WHEN ur < 0.985 THEN '41' ELSE '42'
    END AS reason,
    CASE WHEN u(k, 'hours') < 0.82 THEN 40.0 WHEN u(k, 'hours') < 0.86 THEN 48.0
        ELSE 15.0 + 5 * rnd(k, 'part', 5) END AS weekly_hours
FROM left_at_birth;

INSERT INTO spell
SELECT
    pid, seq, 'MAIN', acq, loss, wno, occ_no,
    CASE WHEN u(k, 'type') < 0.935 THEN 'REGULAR' WHEN u(k, 'type') < 0.965 THEN 'PLATFORM'
        WHEN u(k, 'type') < 0.98 THEN 'ARTIST' ELSE 'SELF' END,
    weekly_hours,
    (greatest(
        occ_pay * skill * exp(0.16 * normal(k, 'pay')) * pow(1.032, year(acq) - 2024)
        * CASE WHEN work_sido = 0 THEN 1.08 WHEN work_sido = 8 THEN 1.03 ELSE 0.96 END
        * CASE WHEN sex = 'F' THEN 0.91 ELSE 1.05 END,
        minimum_wage(acq) * 209.0 + 3000
    ) * weekly_hours / 40 / 1000)::BIGINT * 1000,
    CASE WHEN loss IS NOT NULL THEN reason END,
    CASE WHEN reason = '32' AND loss IS NOT NULL THEN strftime(loss - 1, '%Y%m') END
FROM round;

INSERT INTO ended
SELECT
    r.pid, r.sex, r.birth_year, r.region_no, r.sido_no, r.occ_no, r.class, r.education_code, r.employability, r.skill,
    r.seq, r.loss, r.reason IN ('12', '22', '23', '31', '32'), (r.loss - r.acq)::INT,
    (r.occ_pay * r.skill)::BIGINT, r.birth_return
FROM round AS r WHERE r.loss IS NOT NULL AND r.seq < 28;
