-- Registers that arrive as files: every version of a record, with the day it is delivered.
CREATE VIEW p_insurance_events AS
SELECT
    'E' || digits(r.event, 12) AS event_no, p.resident_no, p.name AS person_name, w.workplace_no, r.event_type,
    'E' || digits(r.refers_to, 12) AS refers_to_event_no, r.event_date, o.occ_code AS occupation_code, r.weekly_hours,
    r.contract_end_ym, r.pay AS monthly_pay_krw, r.reason AS loss_reason_code, r.worker_type,
    CASE WHEN p.is_foreign THEN 'FOREIGN' ELSE 'KR' END AS nationality_group, r.reported_at, r.received_date,
    r.received_date AS _delivery_date
FROM report AS r
JOIN person AS p USING (pid) JOIN workplace AS w USING (wno) JOIN occupation AS o ON o.occ_no = r.occ_no
WHERE r.received_date <= last_day_of_nation();

CREATE VIEW p_seeker_registrations AS
SELECT
    'R' || digits(v.rid, 12) AS seeker_reg_no, p.resident_no, p.name, p.phone, p.email, p.address, g.reg_date,
    g.reg_date + rnd(v.rid, 'certified', 3)::INT AS certified_date,
        g.reg_date + (92 * (v.renewal_no + 1))::INT AS valid_until,
    v.renewal_no, g.entry_channel, org.organisation_code AS office_code, v.status, v.status_date,
    code_at(r.region_code, r.recode, r.recode_date, v.updated_at::DATE) AS region_code, p.education_code,
    CASE WHEN p.education_code >= '04' THEN 'M' || digits(100 + rnd(p.pid, 'major', 60), 3) END AS major_code,
    greatest(0, (2026 - p.birth_year - 24) * 8 - rnd(p.pid, 'career', 60)) AS career_months,
    o.occ_code AS desired_occupation_code,
    CASE WHEN u(v.rid, 'occ2') < 0.5 THEN o2.occ_code END AS desired_occupation_code_2,
        NULL::VARCHAR AS desired_occupation_code_3,
    code_at(r.region_code, r.recode, r.recode_date, v.updated_at::DATE) AS desired_region_code,
    CASE WHEN u(v.rid, 'region2') < 0.4 THEN code_at(r2.region_code, r2.recode, r2.recode_date,
        v.updated_at::DATE) END AS desired_region_code_2,
    NULL::VARCHAR AS desired_region_code_3, 'M' AS desired_wage_type_code,
    (o.pay * p.skill * 0.92 / 10000)::BIGINT * 10000 AS desired_wage_min_krw,
    CASE WHEN u(v.rid, 'part') < 0.12 THEN '11' ELSE '10' END AS desired_employment_type_code,
    CASE WHEN u(p.pid, 'has_qual') < 0.55 THEN o.qual_codes END AS qualification_codes,
        u(p.pid, 'disability') < 0.05 AS has_disability,
    p.sex = 'F' AND u(p.pid, 'break') < 0.22 AS has_career_break, g.has_claim AS is_ui_beneficiary, g.programme_code,
    u(p.pid, 'consent1') < 0.93 AS consent_matching, u(p.pid, 'consent2') < 0.96 AS consent_statistics,
        u(p.pid, 'consent3') < 0.61 AS consent_third_party,
    v.updated_at::DATE + 1 AS received_date, v.updated_at, v.updated_at::DATE + 1 AS _delivery_date
FROM registration_version AS v
JOIN registration AS g USING (rid)
JOIN person AS p USING (pid)
JOIN region AS r ON r.region_no = p.region_no
JOIN region_slot AS rs ON rs.slot = rnd(v.rid, 'want_region', 20000)
JOIN region AS r2 ON r2.region_no = rs.region_no
JOIN occupation AS o ON o.occ_no = g.occ_no
JOIN occupation AS o2 ON o2.occ_no = rnd(v.rid, 'want_occ', n_of('occupation'))
JOIN organisation AS org ON org.ono = g.ono
WHERE v.updated_at::DATE + 1 <= last_day_of_nation();

CREATE VIEW p_vacancy_submissions AS
WITH versions AS (
    SELECT vid, 1 AS version, at_office(submitted_date, vid, 'submitted') AS updated_at FROM submission
    UNION ALL
    SELECT vid, 2, resubmitted_at FROM route WHERE resubmitted_at IS NOT NULL
    UNION ALL
    SELECT vid, 3, decided_at FROM review WHERE decision = 'CORRECTED'
)

SELECT
    s.posting_id, s.submitted_date, s.channel_code, s.office_code, s.company, s.business_no, s.workplace_no,
        s.industry_code,
    s.title, s.duties || CASE v.version WHEN 2 THEN chr(10) || '(보완하여 다시 접수함)' ELSE '' END AS duties,
    CASE WHEN NOT s.is_uncoded THEN s.occupation_code END AS occupation_code,
    s.region_code, s.work_address, s.employment_type_code, s.wage_type_code, s.wage_min_krw, s.wage_max_krw,
    s.wage_text, s.working_hours_text, s.weekly_hours, s.career_code, s.education_code, s.openings, s.start_date,
    s.close_date_text, s.has_image, s.contact_name, s.contact_phone, s.contact_email,
    v.updated_at::DATE + 1 AS received_date, v.updated_at, v.updated_at::DATE + 1 AS _delivery_date
FROM versions AS v JOIN submission AS s USING (vid)
WHERE v.updated_at::DATE + 1 <= last_day_of_nation();

CREATE VIEW p_vacancy_reviews AS
SELECT
    review_id, posting_id, step_code, decision, reason_codes, reviewer_id, decided_at::DATE AS decided_date, decided_at,
        note,
    decided_at::DATE + 1 AS received_date, decided_at::DATE + 1 AS _delivery_date
FROM review WHERE decided_at::DATE + 1 <= last_day_of_nation();

CREATE VIEW p_referrals AS
WITH versions AS (
    SELECT fid, NULL::VARCHAR AS result, NULL::DATE AS result_date,
        at_office(referred_date, fid, 'referred') AS updated_at FROM referral
    UNION ALL
    SELECT fid, result, result_date, at_office(result_date + rnd(fid, 'result_lag', 4)::INT + 1, fid, 'resulted')
        FROM referral WHERE result IS NOT NULL
)

SELECT
    'F' || digits(v.fid, 12) AS referral_id, 'R' || digits(f.rid, 12) AS seeker_reg_no, f.posting_id,
        org.organisation_code AS office_code,
    'N' || digits(f.ono * 12 + rnd(f.rid, 'counsellor', 12), 6) AS counsellor_id, f.referred_date, v.result,
        v.result_date,
    v.updated_at::DATE + 1 AS received_date, v.updated_at, v.updated_at::DATE + 1 AS _delivery_date
FROM versions AS v JOIN referral AS f USING (fid) JOIN organisation AS org USING (ono)
WHERE v.updated_at::DATE + 1 <= last_day_of_nation();

-- seekers who ask in vain for a job that is gone report it; a few are mistaken, or angry
CREATE VIEW p_posting_reports AS
WITH reports AS (
    SELECT r.vid * 8 + i AS wid, r.posting_id, r.closed_on, 'FILLED' AS report_kind,
        coalesce(r.filled_on, r.taken_on) + 2 + rnd(r.vid * 8 + i, 'told_after', 8)::INT AS reported_date
    FROM route AS r CROSS JOIN range(6) AS t(i)
    WHERE coalesce(r.filled_on, r.taken_on) < r.closed_on
        AND (r.watched_for = 'REPORTED_FILLED' OR u(r.vid * 8 + i, 'tells') < 0.55)
    UNION ALL
    SELECT r.vid * 8 + i, r.posting_id, r.closed_on,
        pick(['FILLED', 'MISLEADING', 'OTHER'], r.vid * 8 + i, 'complaint'),
        r.posted_from + 1 + rnd(r.vid * 8 + i, 'complains_after', 40)::INT
    FROM route AS r CROSS JOIN range(6, 8) AS t(i)
    WHERE r.posted_from IS NOT NULL AND u(r.vid * 8 + i, 'complains') < 0.01
),

reporters AS (SELECT rid, row_number() OVER (ORDER BY rid) - 1 AS n FROM registration),

-- in the join condition the count would turn the hash join into a nested loop
drawn AS (SELECT *, rnd(wid, 'reporter', (SELECT count(*) FROM registration)) AS n FROM reports)

SELECT
    'W' || digits(w.wid, 12) AS report_id, w.posting_id, 'R' || digits(p.rid, 12) AS seeker_reg_no, w.report_kind,
    w.reported_date, w.reported_date + 1 AS received_date, at_office(w.reported_date, w.wid, 'reported') AS updated_at,
    w.reported_date + 1 AS _delivery_date
FROM drawn AS w JOIN reporters AS p USING (n)
WHERE w.reported_date < w.closed_on AND w.reported_date + 1 <= last_day_of_nation();

CREATE VIEW p_training_enrolments AS
WITH versions AS (
    SELECT rid, 'ENROLLED' AS status, NULL::DATE AS ended_date, at_office(enrolled_date, rid, 'enrolled') AS updated_at
        FROM enrolment
    UNION ALL
    SELECT rid, final_status, ended_date, at_office(ended_date + 1 + rnd(rid, 'end_lag', 5)::INT, rid, 'ended')
        FROM enrolment
)

SELECT
    'T' || digits(v.rid, 12) AS enrolment_no, p.resident_no, p.name AS trainee_name, c.trpr_id, e.run_no AS trpr_degr,
    org.organisation_code, e.enrolled_date, v.ended_date, v.status, v.updated_at::DATE + 1 AS received_date,
        v.updated_at,
    v.updated_at::DATE + 1 AS _delivery_date
FROM versions AS v JOIN enrolment AS e USING (rid) JOIN person AS p USING (pid) JOIN course AS c USING (cno)
JOIN organisation AS org ON org.ono = e.ono
WHERE v.updated_at::DATE + 1 <= last_day_of_nation();

CREATE VIEW p_service_episodes AS
WITH versions AS (
    SELECT sid, NULL::DATE AS end_date, NULL::VARCHAR AS exit_reason, NULL::BIGINT AS cost_krw,
        at_office(start_date, sid, 'ep_start') AS updated_at FROM episode
    UNION ALL
    SELECT sid, end_date, exit_reason, cost_krw, at_office(end_date + 2 + rnd(sid, 'ep_lag', 12)::INT, sid, 'ep_end')
        FROM episode
)

SELECT
    'S' || digits(v.sid, 12) AS episode_id, p.resident_no, 'R' || digits(e.rid, 12) AS seeker_reg_no,
        org.organisation_code,
    e.programme_code,
    client_group_of(p.pid, p.sex, year(e.start_date) - p.birth_year, g.has_claim) AS client_group,
    e.start_date, v.end_date, v.exit_reason, v.cost_krw,
    v.updated_at::DATE + 1 AS received_date, v.updated_at, v.updated_at::DATE + 1 AS _delivery_date
FROM versions AS v JOIN episode AS e USING (sid) JOIN registration AS g ON g.rid = e.rid JOIN person AS p ON p.pid = e.pid
JOIN organisation AS org ON org.ono = e.ono
WHERE v.updated_at::DATE + 1 <= last_day_of_nation();

CREATE VIEW p_ui_claims AS
WITH versions AS (
    SELECT rid, 'CLAIMED' AS status, at_office(claim_date, rid, 'claimed') AS updated_at FROM claim
    UNION ALL
    SELECT rid, 'PAID', at_office(first_paid_date, rid, 'paid') FROM claim WHERE NOT is_refused
        AND next_start > first_paid_date
    UNION ALL
    SELECT rid, final_status, at_office(CASE final_status WHEN 'REFUSED' THEN claim_date + 12
        WHEN 'EXHAUSTED' THEN exhaust_date + 1
        ELSE next_start + 5 + rnd(rid, 'reemployed', 15)::INT END, rid, 'claim_end') + INTERVAL 9 HOUR FROM claim
)

SELECT
    'U' || digits(v.rid, 12) AS claim_no, p.resident_no, c.claim_date,
    code_at(r.region_code, r.recode, r.recode_date, c.claim_date) AS region_code,
    CASE WHEN v.status NOT IN ('CLAIMED', 'REFUSED') THEN c.benefit_days END AS benefit_days,
    CASE WHEN v.status NOT IN ('CLAIMED', 'REFUSED') THEN c.daily_amount_krw END AS daily_amount_krw,
    CASE WHEN v.status NOT IN ('CLAIMED', 'REFUSED')
        AND c.next_start > c.first_paid_date THEN c.first_paid_date END AS first_paid_date,
    CASE WHEN v.status = 'EXHAUSTED' THEN c.exhaust_date END AS exhausted_date, v.status,
    v.updated_at::DATE + 1 AS received_date, v.updated_at, v.updated_at::DATE + 1 AS _delivery_date
FROM versions AS v JOIN claim AS c USING (rid) JOIN person AS p USING (pid)
JOIN region AS r ON r.region_no = p.region_no
WHERE v.updated_at::DATE + 1 <= last_day_of_nation();

-- every four weeks unemployment is recognised, and paid for on the next day until a job begins or the days are used up
CREATE VIEW p_ui_payments AS
WITH payments AS (
    SELECT
        c.rid, c.pid, k.range AS turn, c.first_paid_date + 28 * k.range::INT AS paid_date,
        least(28, c.benefit_days - 28 * k.range)::INT AS paid_days, c.daily_amount_krw
    FROM claim AS c CROSS JOIN range(10) AS k
    WHERE NOT c.is_refused AND 28 * k.range < c.benefit_days AND c.next_start > c.first_paid_date + 28 * k.range::INT
)

SELECT
    'Y' || digits(v.rid, 12) || digits(v.turn, 2) AS payment_no, 'U' || digits(v.rid, 12) AS claim_no, p.resident_no,
    code_at(r.region_code, r.recode, r.recode_date, v.paid_date) AS region_code,
    v.paid_date - 1 AS recognised_date, v.paid_date, v.paid_days, v.paid_days * v.daily_amount_krw AS paid_krw,
    v.paid_date + 1 AS received_date, at_office(v.paid_date, v.rid * 16 + v.turn, 'payment') AS updated_at,
    v.paid_date + 1 AS _delivery_date
FROM payments AS v JOIN person AS p USING (pid)
JOIN region AS r ON r.region_no = p.region_no
WHERE v.paid_date + 1 <= last_day_of_nation();

