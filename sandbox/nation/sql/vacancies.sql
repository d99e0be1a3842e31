-- Vacancies as submitted. wk: key of workplace and occupation, tk: key of text and conditions. A duplicate or a repost
-- shares both with its original, a concurrent requisition only the first.
CREATE TABLE vacancy_day AS
SELECT
    d::DATE AS day, (d::DATE - first_day()) AS day_no,
    floor(
        persons() * 0.0122 / 30.4
        * CASE WHEN isodow(d) <= 5 THEN 1.34 WHEN isodow(d) = 6 THEN 0.18 ELSE 0.12 END
        * [1.10, 1.15, 1.20, 1.05, 1.00, 0.97, 0.95, 0.93, 1.00, 0.97, 0.88, 0.80][month(d)]
        * CASE WHEN d BETWEEN DATE '2023-03-01' AND DATE '2023-09-30' THEN 0.84 ELSE 1 END
        + u(d::DATE - first_day(), 'vacancies')
    )::BIGINT AS n
FROM range(first_day()::TIMESTAMP, (last_day_of_nation() + 1)::TIMESTAMP, INTERVAL 1 DAY) AS t(d);

-- Hires that an advertisement brought: these vacancies are submitted some weeks before the persons start. About half of
-- all vacancies are of this kind; whether one of them is posted in time is decided with its verification.
CREATE TABLE advertised AS
WITH hires AS (
    SELECT intake(s.wno, o.occ_code, s.acq) AS intake, s.wno, s.acq, s.occ_no, s.pid
    FROM spell AS s
    JOIN occupation AS o ON o.occ_no = s.occ_no
    JOIN workplace AS w ON w.wno = s.wno
    WHERE s.kind = 'MAIN' AND s.acq > first_day() + 10 AND list_contains(o.sections, w.section)
        AND u(intake(s.wno, o.occ_code, s.acq), 'advertised') < 0.25
),

intakes AS (
    SELECT
        intake, wno, count(*) AS hires, min_by(occ_no, (acq, pid)) AS occ_no,
        min(acq) - 10 - least(50, expo(intake, 'lead', 14))::INT AS lead_date
    FROM hires GROUP BY intake, wno
),

dated AS (
    -- offices are closed at the weekend
    SELECT *, lead_date - greatest(0, isodow(lead_date) - 5)::INT AS submitted_date FROM intakes
)

SELECT d.*, row_number() OVER (PARTITION BY d.submitted_date ORDER BY u(d.intake, 'order'), d.intake) - 1 AS n
FROM dated AS d JOIN workplace AS w ON w.wno = d.wno
WHERE d.submitted_date >= first_day()
    AND is_trading(w.established_date, w.closed_date, w.suspended_from, d.submitted_date);

-- Where each original is. Who advertises trades on that day: another place is drawn where the first does not.
CREATE TABLE original AS
WITH numbered AS (
    SELECT day_no * 200000 + i AS vid, day AS submitted_date, i, NULL::BIGINT AS mass_no
    FROM (SELECT day_no, day, unnest(range(n)) AS i FROM vacancy_day)
    UNION ALL
    -- now and then somebody posts for five employers with one telephone, in a large nation several at once
    SELECT day_no * 200000 + 190000 + j, day, 90000 + j, j // 5
    FROM (
        SELECT day_no, day, unnest(range(5 * greatest(1, least(1900, persons() // 20000)))) AS j
        FROM vacancy_day WHERE isodow(day) <= 5 AND u(day_no, 'mass') < least(0.016, 8e-7 * persons())
    )
)

SELECT
    n.*, a.intake, a.hires, a.occ_no,
    CASE
        WHEN a.wno IS NOT NULL THEN a.wno
        WHEN is_trading(w.established_date, w.closed_date, w.suspended_from, n.submitted_date) THEN t.wno
        ELSE l.wno
    END AS wno
FROM numbered AS n
LEFT JOIN advertised AS a ON a.submitted_date = n.submitted_date AND a.n = n.i
JOIN seat AS t ON t.seat = rnd(n.vid, 'seat', n_of('seat'))
JOIN workplace AS w ON w.wno = t.wno
JOIN seat AS l ON l.is_lasting AND l.lasting_seat = rnd(n.vid, 'lasting', n_of('lasting_seat'));

-- Postings that step 4 asks a person about: the same vacancy six times and never a hire (GHOST), the last one before its
-- employer pauses (EMPLOYER_SUSPENDED), one whose place somebody took without an insured job (REPORTED_FILLED). In the
-- weeks that are played day by day one of each is open on any day, however small the nation. They stand at the smallest
-- workplaces, which hire so rarely that a ghost stays one.
CREATE TABLE quiet_workplace AS
SELECT wno, row_number() OVER (ORDER BY wno) - 1 AS n FROM workplace
WHERE size = 2 AND closed_date IS NULL AND suspended_from IS NULL AND established_date + 31 < first_day();
SET VARIABLE n_quiet_workplace = (SELECT count(*) FROM quiet_workplace);

CREATE TABLE watched AS
WITH starts AS (
    SELECT signal, day_no, day, unnest(range(copies())) AS j
    FROM vacancy_day
    CROSS JOIN (VALUES ('GHOST', 35, 260), ('REPORTED_FILLED', 21, 60)) AS s(signal, every, days_before)
    WHERE day_no % every = 4 AND day >= history_end() - days_before
),

ghosts AS (SELECT signal, day_no, day, j, unnest(range(6)) AS k FROM starts WHERE signal = 'GHOST'),

placed AS (
    SELECT
        signal, day + 42 * k::INT AS submitted_date, day_no * 200000 + 197000 + j AS first_vid,
        -- number among what is watched of its day
        k * 100 + j AS seq, (day_no + 42 * k) * 200000 + 197000 + k * 100 + j AS vid,
        CASE WHEN k > 0 THEN (day_no + 42 * (k - 1)) * 200000 + 197000 + (k - 1) * 100 + j END AS twin_vid
    FROM ghosts
    UNION ALL
    SELECT
        signal, day, day_no * 200000 + 197600 + j, 600 + j, day_no * 200000 + 197600 + j, NULL
    FROM starts WHERE signal = 'REPORTED_FILLED'
)

SELECT p.signal, p.submitted_date, p.first_vid, p.seq, p.vid, p.twin_vid, w.wno
FROM placed AS p JOIN quiet_workplace AS w ON w.n = rnd(p.first_vid, 'watched', n_of('quiet_workplace'))
WHERE p.submitted_date <= last_day_of_nation()
UNION ALL
SELECT
    'EMPLOYER_SUSPENDED', suspended_from - 12, (suspended_from - 12 - first_day()) * 200000 + 197700 + j, 700 + j,
    (suspended_from - 12 - first_day()) * 200000 + 197700 + j, NULL, wno
FROM (
    SELECT *, row_number() OVER (PARTITION BY suspended_from ORDER BY wno) - 1 AS j FROM workplace
    WHERE suspended_from >= history_end() - 40 AND closed_date IS NULL
)
WHERE j < 100;

CREATE TABLE requisition AS
WITH derived AS (
    SELECT
        *,
        CASE WHEN u(vid, 'again') < 0.05 THEN 'DUPLICATE' WHEN u(vid, 'again') < 0.08 THEN 'CONCURRENT'
            -- who has found somebody does not look again
            WHEN intake IS NULL THEN 'REPOST' END AS kind
    FROM original WHERE u(vid, 'again') < 0.125 AND mass_no IS NULL
),

again AS (
    SELECT
        vid AS twin_vid, i, kind, wno, occ_no, CASE WHEN kind = 'DUPLICATE' THEN hires END AS hires,
        submitted_date + CASE kind WHEN 'DUPLICATE' THEN 1 + rnd(vid, 'again_day', 14)
            WHEN 'CONCURRENT' THEN 2 + rnd(vid, 'again_day', 25) ELSE 66 + rnd(vid, 'again_day', 40) END::INT
            AS submitted_date
    FROM derived WHERE kind IS NOT NULL
)

SELECT
    vid, 'ORIGINAL' AS kind, NULL::BIGINT AS twin_vid, submitted_date, vid AS wk, vid AS tk, i AS day_seq, wno, occ_no,
    hires, intake, mass_no, NULL::VARCHAR AS watched_for
FROM original
UNION ALL
SELECT
    vid, CASE WHEN twin_vid IS NULL THEN 'ORIGINAL' ELSE 'REPOST' END, twin_vid, submitted_date, first_vid, first_vid,
    97000 + seq, wno, NULL, NULL, NULL, NULL, signal
FROM watched
UNION ALL
-- the number of an original is below 50000 a day for any size: these have their own block, unique by day of the twin
SELECT
    (submitted_date - first_day()) * 200000 + 100000
    + row_number() OVER (PARTITION BY submitted_date ORDER BY twin_vid) - 1,
    kind, twin_vid, submitted_date, twin_vid,
    CASE WHEN kind = 'CONCURRENT' THEN twin_vid + 150000 ELSE twin_vid END,
    50000 + row_number() OVER (PARTITION BY submitted_date ORDER BY twin_vid) - 1,
    a.wno, a.occ_no, a.hires, NULL, NULL, NULL
FROM again AS a JOIN workplace AS w ON w.wno = a.wno
WHERE a.submitted_date <= last_day_of_nation()
    AND is_trading(w.established_date, w.closed_date, w.suspended_from, a.submitted_date);

CREATE TABLE closed_workplace AS
SELECT wno, business_no, company, closed_date, row_number() OVER (ORDER BY closed_date, wno) - 1 AS n
FROM workplace WHERE closed_date IS NOT NULL;
CREATE TABLE suspended_workplace AS
SELECT wno, business_no, company, suspended_from, row_number() OVER (ORDER BY suspended_from, wno) - 1 AS n
FROM workplace WHERE suspended_from IS NOT NULL;

SET VARIABLE n_closed_workplace = (SELECT count(*) FROM closed_workplace);
SET VARIABLE n_suspended_workplace = (SELECT count(*) FROM suspended_workplace);

CREATE TABLE vacancy AS
WITH drawn AS (
    SELECT
        q.* EXCLUDE (occ_no), coalesce(q.occ_no, so.occ_no) AS occ_no, w.eno, w.business_no, w.workplace_no, w.company, w.short_name, w.size, w.region_no,
            e.size AS employer_size,
            w.sido_no,
        w.address, w.zip, w.closed_date AS employer_closed_date, w.section, w.industry_no, w.representative,
        u(q.tk, 'english') < 0.06 AS is_english,
        CASE WHEN q.kind = 'DUPLICATE' OR q.watched_for IS NOT NULL THEN NULL
            -- a licensed agency (section N) may post for others
            WHEN q.mass_no IS NOT NULL THEN CASE WHEN w.section <> 'N'
                THEN (SELECT vno FROM violation WHERE rule_no = 34) END
            WHEN u(q.tk, 'violates') < 0.10 THEN vs.vno
            -- the Union's duty to state pay: rule 41, and rule 10 here
            WHEN q.submitted_date >= DATE '2026-06-07' AND u(q.tk, 'no_pay') < 0.02
                THEN (SELECT min(vno) FROM violation WHERE rule_no = 10) + rnd(q.tk, 'no_pay2', 9)
            -- the law behind rule 40 binds employers of 30 and more: drawn among them
            WHEN e.size >= 40 AND u(q.tk, 'papers') < 0.12 THEN (SELECT vno FROM violation WHERE rule_no = 40)
        END AS vno,
        CASE
            WHEN u(q.tk, 'emp') < 0.62 THEN '10' WHEN u(q.tk, 'emp') < 0.74 THEN '20'
                WHEN u(q.tk, 'emp') < 0.88 THEN '11'
            WHEN u(q.tk, 'emp') < 0.96 THEN '21' ELSE '4'
        END AS employment_type_code,
        u(q.tk, 'unit') AS uu, u(q.vid, 'channel') AS uc
    FROM requisition AS q
    JOIN workplace AS w ON w.wno = q.wno
    JOIN employer AS e ON e.eno = w.eno
    JOIN section_occupation AS so ON so.section = w.section AND so.slot = rnd(q.wk, 'occ', 200)
    JOIN violation_slot AS vs ON vs.slot = rnd(q.tk, 'rule', 2000)
),

conditioned AS (
    SELECT
        d.*, o.pay, v.rule_no, v.rule_code, v.severity, v.field, v.planted_text, v.is_disguised,
        CASE
            WHEN v.rule_no = 12 THEN 'Y'
            WHEN employment_type_code = '4' THEN CASE WHEN uu < 0.7 THEN 'D' ELSE 'H' END
            WHEN employment_type_code IN ('11', '21') THEN CASE WHEN uu < 0.8 THEN 'H' ELSE 'M' END
            WHEN uu < 0.64 THEN 'M' WHEN uu < 0.90 THEN 'Y' ELSE 'H'
        END AS wage_type_code,
        CASE WHEN v.rule_no = 15 THEN 60.0
            WHEN employment_type_code IN ('11', '21') THEN [15.0, 20.0, 25.0, 30.0][1 + rnd(tk, 'weekly', 4)]
            ELSE 40.0 END AS weekly_hours,
        -- six times the employees: one slip of the pen is no surge of the nation, which a fixed number would be in a
        -- small one. Where even six times are many, none.
        CASE WHEN v.rule_no = 39 THEN
                CASE WHEN v.planted_text = '0' OR d.employer_size > 9 THEN 0 ELSE 6 * d.employer_size END
            -- mostly as many as start; some places stay free
            WHEN d.hires IS NOT NULL THEN d.hires + CASE WHEN u(tk, 'openings') < 0.72 THEN 0
                WHEN u(tk, 'openings') < 0.90 THEN 1 ELSE 2 + rnd(tk, 'openings2', 3) END
            WHEN u(tk, 'openings') < 0.62 THEN 1 WHEN u(tk, 'openings') < 0.82 THEN 2
            WHEN u(tk, 'openings') < 0.95 THEN 3 + rnd(tk, 'openings2', 3)
            ELSE least(6 + rnd(tk, 'openings3', 15), 2 + 2 * d.size) END::INT AS openings,
        submitted_date + 10 + rnd(tk, 'start', 40)::INT AS start_date,
        submitted_date + CASE
            WHEN v.rule_no = 37 THEN -5
            -- an advertisement that comes again has ended before
            WHEN d.watched_for = 'GHOST' THEN 28 + rnd(tk, 'close', 10)
            WHEN d.watched_for IS NOT NULL THEN 50 + rnd(tk, 'close', 9)
            ELSE 7 + rnd(tk, 'close', 53)
        END::INT AS close_date,
        CASE
            WHEN uc < 0.34 THEN 'ONLINE' WHEN uc < 0.56 THEN 'PES_OFFICE' WHEN uc < 0.62 THEN 'PES_VISIT'
            WHEN uc < 0.70 THEN 'SME_OUTREACH' WHEN uc < 0.80 THEN 'PARTNER_PUBLIC' ELSE 'PARTNER_PRIVATE'
        END AS channel_code
    FROM drawn AS d
    JOIN occupation AS o ON o.occ_no = d.occ_no
    LEFT JOIN violation AS v ON v.vno = d.vno
),

priced AS (
    SELECT
        *,
        greatest(
            pay * exp(0.13 * normal(tk, 'wage')) * pow(1.032, year(submitted_date) - 2024)
            * CASE WHEN sido_no = 0 THEN 1.06 ELSE 0.99 END,
            minimum_wage(start_date) * 209.0
        ) AS monthly,
        minimum_wage(start_date) AS mw
    FROM conditioned
),

rounded AS (
    SELECT
        *,
        CASE
            WHEN rule_no = 10 THEN 0
            WHEN rule_no = 12 THEN 2000000 + 100000 * rnd(tk, 'wrong_unit', 9)
            WHEN rule_no = 9 THEN floor(
                mw * (0.74 + 0.23 * u(tk, 'below')) * CASE wage_type_code WHEN 'H' THEN 1.0 WHEN 'D' THEN 8.0
                    WHEN 'M' THEN 209.0 * weekly_hours / 40 * 0.97 ELSE 209.0 * 12 END)
            WHEN rule_no = 11 THEN floor(
                mw * 0.93 * CASE wage_type_code WHEN 'H' THEN 1.0 WHEN 'D' THEN 8.0
                    WHEN 'M' THEN 209.0 * weekly_hours / 40 ELSE 209.0 * 12 END)
            WHEN wage_type_code = 'H' THEN ceil(monthly / 209 / 10) * 10
            WHEN wage_type_code = 'D' THEN ceil(monthly / 209 * 8 / 1000) * 1000
            WHEN wage_type_code = 'M' THEN ceil(monthly * weekly_hours / 40 / 10000) * 10000
            ELSE ceil(monthly * 12 / 100000) * 100000
        END::BIGINT * CASE WHEN rule_no = 13 THEN 4 ELSE 1 END AS wage_min_krw
    FROM priced
)

SELECT
    * EXCLUDE (uu, uc, pay, monthly, mw),
    CASE
        WHEN wage_min_krw = 0 OR rule_no IN (9, 11, 12, 13) OR u(tk, 'no_max') < 0.55 THEN 0
        WHEN wage_type_code = 'H' THEN ceil(wage_min_krw * (1.03 + 0.25 * u(tk, 'max')) / 10) * 10
        WHEN wage_type_code = 'D' THEN ceil(wage_min_krw * (1.03 + 0.25 * u(tk, 'max')) / 1000) * 1000
        WHEN wage_type_code = 'M' THEN ceil(wage_min_krw * (1.03 + 0.30 * u(tk, 'max')) / 10000) * 10000
        ELSE ceil(wage_min_krw * (1.03 + 0.35 * u(tk, 'max')) / 100000) * 100000
    END::BIGINT AS wage_max_krw,
    'K' || digits(1000 + rnd(vid, 'office_no', 900), 4) || strftime(submitted_date, '%y%m%d')
        || digits(day_seq, 5) AS posting_id
FROM rounded;
