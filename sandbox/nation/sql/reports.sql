-- What employers report, when, and what they mend later. One row is one report; numbers derive from person and spell.
CREATE TABLE reported_spell AS
SELECT
    s.*, s.pid * 1000 + s.seq * 10 AS e,
    s.pid * 128 + s.seq AS k,
    s.acq + CASE
        WHEN u(s.pid * 128 + s.seq, 'lag') < 0.35 THEN 1 + rnd(s.pid * 128 + s.seq, 'lag1', 12)
        WHEN u(s.pid * 128 + s.seq, 'lag') < 0.90
            THEN ((date_trunc('month', s.acq) + INTERVAL 1 MONTH)::DATE - s.acq) + rnd(s.pid * 128 + s.seq, 'lag2', 15)
        ELSE 20 + least(200, expo(s.pid * 128 + s.seq, 'lag3', 55))::INT
    END::INT AS acq_reported,
    CASE WHEN u(s.pid * 128 + s.seq, 'mend') < 0.028 THEN 1 + rnd(s.pid * 128 + s.seq, 'mend_what', 3)
        ELSE 0 END AS acq_error,
    CASE WHEN s.loss IS NOT NULL AND u(s.pid * 128 + s.seq, 'mend_loss') < 0.022
        THEN 1 + rnd(s.pid * 128 + s.seq, 'mend_loss_what', 2) ELSE 0 END AS loss_error,
    s.kind = 'MAIN' AND coalesce(s.loss, last_day_of_nation()) - s.acq > 200
    AND u(s.pid * 128 + s.seq, 'false_loss') < 0.006 AS has_false_loss
FROM spell AS s;

CREATE TABLE loss_reported AS
SELECT
    k,
    greatest(acq_reported + 1, loss + CASE
        WHEN u(k, 'loss_lag') < 0.30 THEN 1 + rnd(k, 'loss_lag1', 12)
        WHEN u(k, 'loss_lag') < 0.90 THEN ((date_trunc('month', loss) + INTERVAL 1 MONTH)::DATE - loss) + rnd(k,
            'loss_lag2', 15)
        ELSE 20 + least(200, expo(k, 'loss_lag3', 55))::INT
    END::INT) AS loss_reported
FROM reported_spell WHERE loss IS NOT NULL;

CREATE TABLE report AS
WITH spells AS (
    SELECT s.*, l.loss_reported, s.acq + 90 + rnd(s.k, 'false_day', 60)::INT AS false_loss
    FROM reported_spell AS s LEFT JOIN loss_reported AS l USING (k)
),

reports AS (
    SELECT e + 1 AS event, 'ACQ' AS event_type, NULL::BIGINT AS refers_to, pid, wno, worker_type, weekly_hours,
        contract_end_ym, NULL::VARCHAR AS reason,
        CASE WHEN acq_error = 1 THEN acq - 1 - rnd(k, 'wrong_day', 12)::INT ELSE acq END AS event_date,
        CASE WHEN acq_error = 2 THEN (occ_no + 7) % n_of('occupation') ELSE occ_no END AS occ_no,
        CASE WHEN acq_error = 3 THEN pay * 10 ELSE pay END AS pay,
        at_office(acq_reported, k, 'acq_time') AS reported_at
    FROM spells
    UNION ALL
    SELECT e + 3, 'CORRECT', e + 1, pid, wno, worker_type, weekly_hours, contract_end_ym, NULL, acq, occ_no, pay,
        at_office(acq_reported + 5 + rnd(k, 'mend_lag', 90)::INT, k, 'mend_time')
    FROM spells WHERE acq_error > 0
    UNION ALL
    SELECT e + 2, 'LOSS', e + 1, pid, wno, worker_type, weekly_hours, contract_end_ym,
        CASE WHEN loss_error = 2 THEN '12' ELSE reason END,
        CASE WHEN loss_error = 1 THEN loss + 1 + rnd(k, 'wrong_loss', 15)::INT ELSE loss END, occ_no, pay,
        at_office(loss_reported, k, 'loss_time')
    FROM spells WHERE loss IS NOT NULL
    UNION ALL
    SELECT e + 4, 'CORRECT', e + 2, pid, wno, worker_type, weekly_hours, contract_end_ym, reason, loss, occ_no, pay,
        at_office(loss_reported + 5 + rnd(k, 'mend_lag2', 60)::INT, k, 'mend_time2')
    FROM spells WHERE loss_error > 0
    UNION ALL
    -- a loss that was not: reported in the middle of the spell, cancelled before the true loss
    SELECT e + 6, 'LOSS', e + 1, pid, wno, worker_type, weekly_hours, contract_end_ym, '41', false_loss, occ_no, pay,
        at_office(greatest(acq_reported + 1, false_loss + 3), k, 'false_time')
    FROM spells WHERE has_false_loss AND (loss_reported IS NULL OR greatest(acq_reported + 1,
    false_loss + 3) + 40 < loss_reported)
    UNION ALL
    SELECT e + 7, 'CANCEL', e + 6, pid, wno, worker_type, weekly_hours, contract_end_ym, '41', false_loss, occ_no, pay,
        at_office(greatest(acq_reported + 1, false_loss + 3) + 4 + rnd(k, 'false_lag', 30)::INT, k, 'false_time2')
    FROM spells WHERE has_false_loss AND (loss_reported IS NULL OR greatest(acq_reported + 1,
    false_loss + 3) + 40 < loss_reported)
    UNION ALL
    -- a hire that never came: acquisition reported, cancelled weeks later
    SELECT e + 8, 'ACQ', NULL, pid, wno, worker_type, weekly_hours, NULL, NULL, loss + 25, occ_no, pay,
        at_office(loss_reported + 28, k, 'ghost_time')
    FROM spells WHERE kind = 'MAIN' AND loss IS NOT NULL AND u(k, 'ghost') < 0.008
    UNION ALL
    SELECT e + 9, 'CANCEL', e + 8, pid, wno, worker_type, weekly_hours, NULL, NULL, loss + 25, occ_no, pay,
        at_office(loss_reported + 32 + rnd(k, 'ghost_lag', 60)::INT, k, 'ghost_time2')
    FROM spells WHERE kind = 'MAIN' AND loss IS NOT NULL AND u(k, 'ghost') < 0.008
)

SELECT
    *, reported_at::DATE + CASE WHEN u(event, 'transfer') < 0.92 THEN 1 ELSE 2 + rnd(event, 'transfer2', 4) END::INT
        AS received_date
FROM reports;
