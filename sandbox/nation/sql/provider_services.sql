-- What the HTTP services answer: each version of a record with the time span in which it is the answer (KST).
CREATE VIEW p_work24_vacancies AS
WITH posted AS (
    SELECT
        s.*, r.posted_from, r.closed_on,
        at_night(r.posted_from, s.vid, 'posted_at') + INTERVAL 5 HOUR AS posted_at,
        u(s.vid, 'edited') < 0.12 AND r.closed_on - r.posted_from > 4 AS is_edited,
        r.posted_from + 1 + rnd(s.vid, 'edit_day', greatest(1, r.closed_on - r.posted_from - 2))::INT AS edited_on
    FROM submission AS s JOIN route AS r USING (vid)
    WHERE r.posted_from IS NOT NULL AND s.channel_code <> 'PARTNER_PRIVATE' AND r.posted_from <= last_day_of_nation()
),

versions AS (
    SELECT *, 1 AS version, posted_at AS modified, posted_at AS from_at,
        CASE WHEN is_edited THEN at_office(edited_on, vid, 'edited_at') ELSE closed_on::TIMESTAMP END AS to_at
            FROM posted
    UNION ALL
    SELECT *, 2, at_office(edited_on, vid, 'edited_at'), at_office(edited_on, vid, 'edited_at'), closed_on::TIMESTAMP
    FROM posted WHERE is_edited
)

SELECT
    v.posting_id AS wanted_auth_no, v.company, v.business_no, v.industry_name,
    CASE WHEN v.version = 2 AND u(v.vid, 'edit_kind') < 0.5 THEN '(수정) ' ELSE '' END || v.title AS title,
    CASE v.wage_type_code WHEN 'H' THEN '시급' WHEN 'D' THEN '일급' WHEN 'M' THEN '월급' ELSE '연봉' END AS wage_type_name,
    v.wage_text, v.wage_min_krw, v.wage_max_krw,
    CASE WHEN v.region_code IS NULL THEN v.sido_short WHEN u(v.tk, 'more_places') < 0.05 THEN v.place || ' 등'
        ELSE v.place END AS region_text,
    pick(['주5일근무', '주 5일 근무', '주5일근무', '주6일근무', '기타'], v.tk, 'holiday') AS holiday_type_name,
    CASE v.education_code WHEN '00' THEN '학력무관' WHEN '03' THEN '고졸' WHEN '04' THEN '대졸(2~3년)' WHEN '05' THEN '대졸(4년)'
        WHEN '06' THEN '석사' WHEN '07' THEN '박사' ELSE '중졸' END AS education_min_name,
    CASE WHEN v.education_code = '00' THEN '학력무관' WHEN u(v.tk, 'edu_max') < 0.5 THEN '박사'
        ELSE '대졸(4년)' END AS education_max_name,
    CASE v.career_code WHEN 'N' THEN '신입' WHEN 'Z' THEN '관계없음'
        ELSE pick(['경력', '경력1년', '경력3년', '경력5년', '신입/경력2년'], v.tk, 'years') END AS career_text,
    CASE WHEN u(v.vid, 'date_form') < 0.97 THEN strftime(v.posted_from, '%y-%m-%d')
        ELSE strftime(v.posted_from, '%Y%m%d') END AS registered_date,
    v.close_date_text, 'VALIDATION' AS info_service,
    'https://www.work24.go.kr/wk/a/b/1500/empDetailAuthView.do?wantedAuthNo=' || v.posting_id
        || '&infoTypeCd=VALIDATION' AS url,
    'https://m.work24.go.kr/wk/a/b/1500/empDetailAuthView.do?wantedAuthNo=' || v.posting_id AS mobile_url,
    digits(v.zip, 5) AS zip_code, digits(rnd(v.wno, 'street_code', 9000000) + 1000000, 12) AS street_code,
    v.work_address AS address_basic,
    CASE WHEN u(v.wno, 'floor') < 0.4 THEN (1 + rnd(v.wno, 'floor2', 12)) || '층' END AS address_detail,
    v.employment_type_code, v.occupation_code,
    CASE WHEN u(v.vid, 'stamp') < 0.7 THEN strftime(v.modified, '%Y%m%d%H%M')
        ELSE strftime(v.modified, '%Y%m%d%H%M%S') END AS modified_at,
    v.size || ' 명' AS headcount_text,
    CASE WHEN v.size >= 300 THEN '대기업' WHEN v.size >= 100 THEN '중견기업' ELSE '중소기업' END AS company_size,
        v.representative AS representative_name, v.duties, v.openings,
    CASE v.wage_type_code WHEN 'H' THEN '시급' WHEN 'D' THEN '일급' WHEN 'M' THEN '월급' ELSE '연봉' END
    || CASE WHEN v.wage_min_krw = 0 THEN ' ' || v.wage_text ELSE format('{:,}', v.wage_min_krw) || '원 이상'
        || CASE WHEN v.wage_max_krw > 0 THEN ' ~ ' || format('{:,}', v.wage_max_krw) || '원 이하' ELSE '' END
        || CASE WHEN u(v.tk, 'nego') < 0.3 THEN ', 면접 후 재조정 가능' ELSE '' END END AS wage_sentence,
    CASE v.career_code WHEN 'N' THEN '신입' WHEN 'Z' THEN '관계없음' ELSE '경력 (최소' || (1 + rnd(v.tk, 'min_years', 5))
        || '년) 필수' END AS career_sentence,
    CASE v.education_code WHEN '00' THEN '학력무관' WHEN '03' THEN '고졸-대졸(4년)' WHEN '04' THEN '대졸(2~3년)-대졸(4년)'
        ELSE '대졸(4년)-박사' END AS education_text,
    v.certificate,
    pick(['운전가능자', '장기근무 가능자', '인근 거주자', '동종업계 경력자', NULL], v.tk, 'preferred') AS preferred_conditions,
    v.working_hours_text, v.region_code, v.wage_type_code, v.career_code,
    pick(words('departments'), v.wno, 'department') AS contact_department, v.contact_phone,
    CASE WHEN v.contact_phone IS NOT NULL AND u(v.wno, 'mobile') < 0.25 THEN '010-'
        || digits(2000 + rnd(v.wno, 'mob1', 8000), 4) || '-' || digits(rnd(v.wno, 'mob2', 10000), 4) END
        AS contact_mobile,
    v.contact_email, v.from_at AS _visible_from, v.to_at AS _visible_to
FROM versions AS v
WHERE v.from_at < v.to_at;

CREATE VIEW p_portal_vacancies AS
SELECT
    p.portal_id AS posting_id,
    CASE WHEN p.origin = 'TWIN' AND u(s.vid, 'cut') < 0.15 THEN substr(s.title, 1, 12) || '...'
        ELSE s.title END AS title,
    s.duties AS description, p.posted_date, CASE WHEN s.is_open_ended THEN NULL
        ELSE greatest(s.close_date, p.posted_date) END AS valid_through,
    CASE s.employment_type_code WHEN '10' THEN 'FULL_TIME' WHEN '11' THEN 'PART_TIME' WHEN '20' THEN 'CONTRACTOR'
        WHEN '21' THEN 'PART_TIME' ELSE 'PER_DIEM' END
        AS employment_type,
    CASE WHEN u(s.vid, 'portal_name') < 0.3 THEN replace(replace(s.company, '주식회사 ', '(주)'), ' 주식회사', '㈜')
        ELSE s.company END AS company,
    CASE WHEN u(s.vid, 'no_number') >= 0.12 THEN s.business_no END AS business_no, s.region_code,
    s.work_address AS address, 'KRW' AS wage_currency,
    CASE WHEN s.wage_min_krw > 0 THEN s.wage_min_krw::DOUBLE END AS wage_min,
    CASE WHEN s.wage_max_krw > 0 THEN s.wage_max_krw::DOUBLE END AS wage_max,
    CASE s.wage_type_code WHEN 'H' THEN 'HOUR' WHEN 'D' THEN 'DAY' WHEN 'M' THEN 'MONTH' ELSE 'YEAR' END AS wage_unit,
    s.openings, CASE WHEN NOT s.is_uncoded THEN s.occupation_code END AS occupation_code,
    'https://portal.example/jobs/' || p.portal_id AS url,
    at_night(p.posted_date, s.vid, 'portal_at') AS modified_at,
    at_night(p.posted_date, s.vid, 'portal_at') AS _visible_from, p.removed_on::TIMESTAMP AS _visible_to
FROM portal_posting AS p JOIN submission AS s USING (vid)
WHERE p.posted_date <= last_day_of_nation() AND p.removed_on > p.posted_date;

CREATE VIEW p_hrdnet_courses AS
WITH phases AS (
    SELECT *, 'A' AS phase, start_date - 75 AS from_day, start_date AS to_day FROM run
    UNION ALL
    SELECT *, 'B', start_date, end_date + 1 FROM run
    UNION ALL
    SELECT *, 'E', end_date + 1, end_date + 110 FROM run
    UNION ALL
    SELECT *, 'R3', end_date + 110, end_date + 200 FROM run
    UNION ALL
    SELECT *, 'R6', end_date + 200, DATE '2099-12-31' FROM run
),

lettered AS (
    SELECT
        p.*,
        CASE
            WHEN phase = 'A' THEN 'A' WHEN trainees = 0 AND u(cno * 1000 + run_no, 'held') < 0.35 THEN 'C'
                WHEN phase = 'B' THEN 'B'
            WHEN completers = 0 THEN 'D'
        END AS letter
    FROM phases AS p
)

SELECT
    l.trpr_id, l.run_no AS trpr_degr, l.title, l.institution AS institution_name,
    'I' || digits(500000 + l.cno, 9) AS institution_code, l.course_type_code, l.occ_code || '0101' AS ncs_code,
    code_at(r.region_code, r.recode, r.recode_date, l.start_date) AS region_code, l.address, l.start_date, l.end_date,
        l.fee_krw,
    (l.fee_krw * 0.45 / 1000)::BIGINT * 1000 AS actual_cost_krw, l.capacity,
        l.trainees + rnd(l.cno * 1000 + l.run_no, 'applied', 6) AS applicants,
    nullif(l.quals, '') AS certificate,
    CASE WHEN l.phase IN ('E', 'R3', 'R6') AND l.letter IS NULL
        THEN round(75 + 24 * u(l.cno * 1000 + l.run_no, 'score'), 1) END AS satisfaction_score,
    CASE WHEN l.letter IS NOT NULL THEN l.letter WHEN l.phase IN ('R3', 'R6')
        THEN format('{:.1f}', 100.0 * l.employed_3m / l.completers) END AS employment_rate_3m_text,
    CASE WHEN l.letter IS NOT NULL THEN l.letter WHEN l.phase IN ('R3', 'R6')
        THEN l.employed_3m::VARCHAR END AS employed_3m_text,
    CASE WHEN l.letter IS NOT NULL THEN l.letter WHEN l.phase = 'R6'
        THEN format('{:.1f}', 100.0 * l.employed_6m / l.completers) END AS employment_rate_6m_text,
    CASE WHEN l.letter IS NOT NULL THEN l.letter WHEN l.phase = 'R6'
        THEN l.employed_6m::VARCHAR END AS employed_6m_text,
    CASE WHEN l.letter IS NOT NULL THEN l.letter WHEN l.phase = 'R6'
        THEN format('{:.1f}', 12 * u(l.cno * 1000 + l.run_no, 'outside')) END AS uninsured_rate_6m_text,
    CASE WHEN l.phase IN ('E', 'R3', 'R6') THEN l.completers END AS completers,
    CASE WHEN l.phase <> 'A' THEN l.trainees END AS trainees,
    l.from_day::TIMESTAMP AS _visible_from, l.to_day::TIMESTAMP AS _visible_to
FROM lettered AS l JOIN region AS r ON r.region_no = l.region_no
WHERE l.from_day <= last_day_of_nation() AND l.to_day > first_day();

CREATE VIEW p_nts_business_status AS
WITH spans AS (
    SELECT eno, business_no, '01' AS code, TIMESTAMP '1990-01-01' AS from_at,
        coalesce(min(closed_date), min(suspended_from), DATE '2099-12-31')::TIMESTAMP AS to_at,
            NULL::DATE AS closed_date
    FROM workplace GROUP BY ALL
    UNION ALL
    SELECT eno, business_no, '03', min(closed_date)::TIMESTAMP, TIMESTAMP '2099-12-31', min(closed_date)
    FROM workplace WHERE closed_date IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT eno, business_no, '02', min(suspended_from)::TIMESTAMP, TIMESTAMP '2099-12-31', NULL
    FROM workplace WHERE suspended_from IS NOT NULL AND closed_date IS NULL GROUP BY ALL
    UNION ALL
    SELECT min(vid), business_no, '01', min(submitted_date)::TIMESTAMP - INTERVAL 30 DAY, TIMESTAMP '2099-12-31', NULL
    FROM submission WHERE rule_no = 35 GROUP BY business_no
)

SELECT
    business_no, code AS status_code, CASE code WHEN '01' THEN '계속사업자' WHEN '02' THEN '휴업자'
        ELSE '폐업자' END AS status_name,
    CASE WHEN u(eno, 'tax') < 0.8 THEN '부가가치세 일반과세자' WHEN u(eno, 'tax') < 0.93 THEN '부가가치세 간이과세자'
        ELSE '부가가치세 면세사업자' END AS tax_type,
    CASE WHEN u(eno, 'tax') < 0.8 THEN '01' WHEN u(eno, 'tax') < 0.93 THEN '02' ELSE '03' END AS tax_type_code,
    strftime(closed_date, '%Y%m%d') AS closed_date, NULL::DATE AS checked_date, from_at AS _visible_from,
        to_at AS _visible_to
FROM spans WHERE from_at < to_at;

CREATE VIEW p_kcomwel_workplaces AS
SELECT
    w.business_no, w.workplace_name, w.address, digits(w.zip, 5) AS zip_code,
    greatest(0, w.size + CASE k.kind WHEN '1' THEN rnd(w.wno, 'accident', 3) ELSE 0 END) AS headcount,
    strftime(w.established_date, '%Y%m%d') AS established_date, i.industry_code, i.industry_name,
        k.kind AS insurance_kind_code,
    CASE WHEN i.section = 'F' THEN '3' ELSE '1' END AS workplace_kind_code, NULL::DATE AS checked_date,
    w.established_date::TIMESTAMP AS _visible_from, coalesce(w.closed_date, DATE '2099-12-31')::TIMESTAMP AS _visible_to
FROM workplace AS w JOIN industry AS i USING (industry_no)
CROSS JOIN (VALUES ('1'), ('2')) AS k(kind);
