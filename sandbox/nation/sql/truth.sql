-- The truth, for tests and benchmarks only.
CREATE VIEW t_persons AS
SELECT p.pid AS person_id, p.resident_no, p.name, p.phone, p.email, p.sex, p.birth_date, p.is_foreign, p.education_code,
    r.region_code AS region_code_2021, o.occ_code AS occupation_code, p.class, p.employability, p.skill
FROM person AS p JOIN region AS r USING (region_no) JOIN occupation AS o USING (occ_no);
CREATE VIEW t_planted_persons AS
SELECT p.pid AS person_id, p.resident_no, p.name, p.phone, p.email, p.address,
    min('R' || digits(g.rid, 12)) AS seeker_reg_no, min(g.reg_date) AS reg_date
FROM person AS p JOIN registration AS g USING (pid) WHERE p.pid <= 5 GROUP BY ALL;
CREATE VIEW t_employers AS
SELECT e.eno AS employer_id, e.business_no, replace(e.form, '{}', e.short_name) AS employer_name, e.section, e.size,
    min(w.closed_date) AS closed_date,
    min(w.suspended_from) AS suspended_from
FROM employer AS e JOIN workplace AS w USING (eno) GROUP BY ALL;
CREATE VIEW t_workplaces AS
SELECT w.workplace_no, w.business_no, w.workplace_name, i.industry_code, w.section, r.region_code AS region_code_2021,
    w.size, w.established_date, w.closed_date
FROM workplace AS w JOIN industry AS i USING (industry_no) JOIN region AS r USING (region_no);
CREATE VIEW t_spells AS
SELECT 'E' || digits(s.pid * 1000 + s.seq * 10 + 1, 12) AS acq_event_no, s.pid AS person_id, p.resident_no,
    w.workplace_no, w.section,
    r.region_code AS region_code_2021, s.acq AS acquisition_date, s.loss AS loss_date, s.reason AS loss_reason_code,
        s.worker_type, s.kind,
    o.occ_code AS occupation_code, s.weekly_hours, s.pay AS monthly_pay_krw
FROM spell AS s JOIN person AS p USING (pid) JOIN workplace AS w USING (wno)
JOIN region AS r ON r.region_no = w.region_no
JOIN occupation AS o ON o.occ_no = s.occ_no;
CREATE VIEW t_insurance_reports AS
SELECT 'E' || digits(r.event, 12) AS event_no, r.event_type, 'E' || digits(r.refers_to, 12) AS refers_to_event_no,
    r.pid AS person_id, w.workplace_no,
    r.worker_type, r.event_date, o.occ_code AS occupation_code, r.pay AS monthly_pay_krw, r.reason AS loss_reason_code,
        r.reported_at, r.received_date
FROM report AS r JOIN workplace AS w USING (wno) JOIN occupation AS o USING (occ_no);
CREATE VIEW t_vacancies AS
SELECT s.posting_id, s.kind, t.posting_id AS twin_of, s.submitted_date, s.submitted_date + 1 AS received_date,
    s.channel_code, s.office_code, s.openings, s.occupation_code, s.is_uncoded, s.region_code,
    s.business_no, w.workplace_no, s.wage_type_code, s.wage_min_krw, s.wage_max_krw, s.weekly_hours,
        s.career_code, s.education_code,
        CASE WHEN s.career_code = 'E' THEN 12 * (1 + rnd(s.tk, 'min_years', 5)) END AS career_months, s.certificate, s.close_date, s.is_open_ended,
        s.is_english, r.outcome,
    r.posted_from, r.filled_on, r.taken_on, r.closed_on, r.close_reason,
    coalesce(r.closed_on > coalesce(r.filled_on, r.taken_on) + 1, false) AS stayed_open_when_filled, s.watched_for
FROM submission AS s JOIN route AS r USING (vid) JOIN workplace AS w USING (wno)
LEFT JOIN submission AS t ON t.vid = s.twin_vid;
CREATE VIEW t_vacancy_hires AS
SELECT s.posting_id, h.hire_no, 'E' || digits(h.pid * 1000 + h.seq * 10 + 1, 12) AS acq_event_no,
    h.acq AS acquisition_date
FROM vacancy_hire AS h JOIN submission AS s USING (vid);
CREATE VIEW t_vacancy_violations AS
SELECT s.posting_id, s.rule_no, s.rule_code, s.severity, s.is_disguised AS disguised, s.field, s.planted_text
    FROM submission AS s WHERE s.rule_no IS NOT NULL
UNION ALL
-- the same words break a law of the Union, where it applies (profile EU)
SELECT s.posting_id, 41, 'PAY_RANGE_MISSING', 'W', s.is_disguised, s.field, s.planted_text
    FROM submission AS s WHERE s.rule_no = 10 AND s.submitted_date >= DATE '2026-06-07'
UNION ALL
SELECT s.posting_id, 33, CASE WHEN u(s.vid, 'near') < 0.4 THEN 'DUP_NEAR' ELSE 'DUP_EXACT' END, 'R', false, 'struct',
    t.posting_id
FROM submission AS s JOIN submission AS t ON t.vid = s.twin_vid WHERE s.kind = 'DUPLICATE';
CREATE VIEW t_vacancy_decoys AS SELECT posting_id, 'duties' AS field, decoy_text FROM submission
    WHERE decoy_text IS NOT NULL;
CREATE VIEW t_portal_twins AS SELECT p.portal_id, p.posting_id, p.origin, p.posted_date, p.removed_on
    FROM portal_posting AS p;
CREATE VIEW t_reviews AS SELECT review_id, posting_id, step_code, decision, reason_codes, decided_at,
    decided_at::DATE + 1 AS received_date FROM review;
CREATE VIEW t_registrations AS
SELECT 'R' || digits(v.rid, 12) AS seeker_reg_no, g.pid AS person_id, g.reg_date, v.renewal_no, v.status, v.status_date,
    v.updated_at,
    v.updated_at::DATE + 1 AS received_date, g.entry_channel, g.arm, g.propensity, g.next_start AS hired_on,
        o.occ_code AS desired_occupation_code,
    r.region_code AS region_code_2021
FROM registration_version AS v JOIN registration AS g USING (rid) JOIN person AS p ON p.pid = g.pid
JOIN region AS r ON r.region_no = p.region_no JOIN occupation AS o ON o.occ_no = g.occ_no;
CREATE VIEW t_referrals AS
SELECT 'F' || digits(fid, 12) AS referral_id, 'R' || digits(rid, 12) AS seeker_reg_no, pid AS person_id, posting_id,
    referred_date, result, result_date FROM referral;
CREATE VIEW t_enrolments AS
SELECT 'T' || digits(e.rid, 12) AS enrolment_no, e.pid AS person_id, c.trpr_id, e.run_no AS trpr_degr, e.course_start,
    e.course_end, e.final_status, e.ended_date,
    e.reg_date, e.next_start AS hired_on FROM enrolment AS e JOIN course AS c USING (cno);
CREATE VIEW t_episodes AS
SELECT 'S' || digits(e.sid, 12) AS episode_id, e.pid AS person_id, 'R' || digits(e.rid, 12) AS seeker_reg_no, o.organisation_code, e.programme_code, e.start_date,
    e.end_date, e.exit_reason,
    e.next_start AS hired_on, e.is_in_target AS placed_within_183_days FROM episode AS e
        JOIN organisation AS o USING (ono);
-- what organisations report of an episode and when it arrives: the start, later the end
CREATE VIEW t_episode_reports AS
SELECT episode_id, client_group, end_date, exit_reason, cost_krw, updated_at, received_date FROM p_service_episodes;
-- what the register knows of a client when it counts: none of it changes while the registration lasts
CREATE VIEW t_clients AS
SELECT DISTINCT seeker_reg_no, education_code, has_disability, is_ui_beneficiary, desired_wage_min_krw
FROM p_seeker_registrations;
CREATE VIEW t_organisations AS
SELECT o.organisation_code, o.organisation_type, r.region_code AS region_code_2021, o.effect AS placement_effect
FROM organisation AS o JOIN region AS r USING (region_no);
CREATE VIEW t_claims AS
SELECT 'U' || digits(c.rid, 12) AS claim_no, c.pid AS person_id, c.begin_date AS loss_date, c.claim_date, c.benefit_days,
    c.daily_amount_krw, c.final_status, told.received_date AS final_status_received_date, c.next_start AS hired_on
FROM claim AS c
LEFT JOIN p_ui_claims AS told ON told.claim_no = 'U' || digits(c.rid, 12) AND told.status = c.final_status;
CREATE VIEW t_career_breaks AS
SELECT pid AS person_id, 'E' || digits(pid * 1000 + seq * 10 + 1, 12) AS acq_event_no, begin_date AS loss_date,
    CASE WHEN next_start <= last_day_of_nation() THEN next_start END AS returned_on
FROM gap WHERE is_birth;
CREATE VIEW t_effects AS
SELECT 'training' AS subject, 'TRN' AS code,
    'hired within 365 days after registration, against arm N at equal propensity' AS outcome,
    {{training_effect}}::DOUBLE AS effect
UNION ALL
SELECT 'career_break', 'BIRTH', 'share of women who leave the job that they hold at a birth', {{break_share}}
UNION ALL
SELECT 'career_break', 'RETURN', 'share of them who begin another, a year later or more', {{return_share}}
UNION ALL
SELECT 'organisation', organisation_code, 'hired within 183 days after the start of an episode other than of training', effect
    FROM organisation;
