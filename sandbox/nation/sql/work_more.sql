-- Second jobs beside the main one, and daily work.
INSERT INTO spell
SELECT
    s.pid, 30 + s.seq, 'SECOND', s.acq + 20 + rnd(s.pid * 64 + s.seq, 'second_start', 40)::INT,
    CASE WHEN s.acq + 60 + rnd(s.pid * 64 + s.seq, 'second_end', 400)::INT <= least(s.loss, last_day_of_nation())
        THEN s.acq + 60 + rnd(s.pid * 64 + s.seq, 'second_end', 400)::INT ELSE s.loss END,
    t.wno, s.occ_no, 'REGULAR', 15.0, (minimum_wage(s.acq) * 65 * (1 + 0.3 * u(s.pid, 'second')) / 1000)::BIGINT * 1000,
    CASE WHEN s.loss IS NOT NULL OR s.acq + 60 + rnd(s.pid * 64 + s.seq, 'second_end', 400)::INT <= last_day_of_nation()
        THEN '11' END,
    NULL
FROM spell AS s
JOIN seat AS t ON t.seat = rnd(s.pid * 64 + s.seq, 'second_seat', n_of('seat'))
WHERE s.kind = 'MAIN' AND coalesce(s.loss, last_day_of_nation()) - s.acq > 130
    AND u(s.pid * 64 + s.seq, 'has_second') < 0.045 AND t.wno <> s.wno AND t.is_lasting;

INSERT INTO spell
WITH person_days AS (
    SELECT p.pid, p.occ_no, unnest(range(CASE
        WHEN p.class IN ('MARGINAL', 'INACTIVE') THEN rnd(p.pid, 'daily', 13)
        WHEN u(p.pid, 'some_daily') < 0.12 THEN rnd(p.pid, 'daily', 5) ELSE 0 END)) AS j
    FROM person AS p
),

drawn AS (
    SELECT
        pid, j, occ_no, pid * 64 + j AS k,
        first_day() + rnd(pid * 64 + j, 'daily_day', last_day_of_nation() - first_day() - 30)::INT AS acq
    FROM person_days
)

SELECT
    d.pid, 60 + d.j, 'DAILY', d.acq, d.acq + 1 + rnd(d.k, 'daily_days', 20)::INT, s.wno, d.occ_no, 'DAILY', 40.0,
    (minimum_wage(d.acq) * 8 * (1.05 + u(d.k, 'daily_pay')) * 15 / 1000)::BIGINT * 1000, '32', NULL
FROM drawn AS d
JOIN seat AS s ON s.seat = rnd(d.k, 'daily_seat', n_of('seat'))
WHERE s.is_lasting;
DELETE FROM spell WHERE loss IS NOT NULL AND loss <= acq;
