-- Titles, duties, hours, wages and closing dates as employers write them; violations are planted last.
CREATE TABLE submission AS
WITH base AS (
    SELECT
        v.*,
        o.titles, o.duties AS duty_list, o.en_duties, o.occ_name_en, o.hours, o.occ_code, o.quals, o.former_quals, o.asks_by_law, o.edu,
        r.sido_short,
        r.region_code, r.recode, r.recode_date,
        r.sido_short || ' ' || split_part(r.district, ' ', 1) AS place,
        10 + rnd(v.tk, 'n', 90) AS n, 2 + rnd(v.tk, 'k', 7) AS k,
        CASE v.employment_type_code WHEN '10' THEN '정규직' WHEN '20' THEN '계약직' WHEN '11' THEN '시간선택제'
            WHEN '21' THEN '단시간' ELSE '일용직' END AS employment,
        -- employers of 30 and more must say that papers are given back; a duplicate leaves out what its original does
        v.employer_size >= 20 AND NOT (v.employer_size >= 40 AND u(v.tk, 'papers') < 0.12) AS has_notice,
        rnd(v.tk, 'first_duty', len(o.duties)) AS d0, 2 + rnd(v.tk, 'duties', 3) AS dn,
        pick(['- ', '· ', '1) ', '* ', '', '○ '], v.tk, 'bullet') AS bullet,
        pick([chr(10), ', ', ' / ', chr(10), chr(10)], v.tk, 'separator') AS separator
    FROM vacancy AS v
    JOIN occupation AS o ON o.occ_no = v.occ_no
    JOIN region AS r ON r.region_no = v.region_no
),

phrased AS (
    SELECT
        b.*,
        CASE WHEN is_english
            THEN replace(replace(array_to_string(en_duties, '. '), '<n>', n::VARCHAR), '<k>', k::VARCHAR)
            ELSE replace(replace(replace(array_to_string(
                list_transform(range(dn), lambda j: bullet || duty_list[1 + (d0 + j) % len(duty_list)]), '§'
            ), '§', separator), '<n>', n::VARCHAR), '<k>', k::VARCHAR)
        END AS duty_lines,
        pick(titles, tk, 'title') AS occupation_title,
        CASE WHEN weekly_hours >= 40 THEN pick(hours, tk, 'hours')
            ELSE pick(['주 {w}시간 근무 (근무일 협의)', '1일 {d}시간, 주 5일 (주 {w}시간)', '오전 9시부터 {d}시간, 주 5일 근무',
                '오후 2시부터 {d}시간, 주 {w}시간'], tk, 'hours') END AS hours_form
    FROM base AS b
),

decoyed AS (
    SELECT p.*, CASE WHEN rule_no IS NULL AND NOT is_english
        AND u(tk, 'decoy') < 0.06 THEN pick(words('decoys'), tk, 'which_decoy') END AS decoy_text
    FROM phrased AS p
),

worded AS (
    SELECT
        p.*,
        CASE WHEN is_english THEN pick(words('title_forms_en'), tk, 'title_form')
            ELSE pick(words('title_forms'), tk, 'title_form') END AS title_form,
        CASE WHEN is_english
            THEN duty_lines || '. ' || walk(words('benefits_en'), tk, 'b', 0) || '. '
                || walk(words('benefits_en'), tk, 'b', 1)
                || '. Contact: personnel office of ' || short_name || '.'
                || CASE WHEN has_notice
                    THEN ' Applicants may ask for the return of their papers (Fair Hiring Procedure Act).' ELSE '' END
            ELSE
                CASE WHEN u(tk, 'has_intro') < 0.7 THEN pick(words('intros'), tk, 'intro') || chr(10) ELSE '' END
                || duty_lines || chr(10)
                || CASE WHEN u(tk, 'has_request') < 0.75 THEN pick(['[자격 요건] ', '우대 사항: ', '지원 자격 - ', '□ 우대: '], tk,
                    'rhead')
                    || walk(words('requests'), tk, 'r', 0) || ', ' || walk(words('requests'), tk, 'r', 1) || chr(10)
                        ELSE '' END
                || CASE WHEN u(tk, 'has_benefit') < 0.75 THEN pick(['복리후생: ', '[근로 조건] ', '- 복지: ', '■ 혜택 '], tk,
                    'bhead')
                    || walk(words('benefits'), tk, 'b', 0) || ', ' || walk(words('benefits'), tk, 'b', 1) || ', '
                        || walk(words('benefits'), tk, 'b', 2) || chr(10)
                    ELSE '' END
                || coalesce(decoy_text || chr(10), '')
                || CASE WHEN has_notice
                    THEN '제출하신 채용서류는 채용절차법에 따라 반환을 청구하실 수 있습니다.' || chr(10) ELSE '' END
                || pick(CASE WHEN has_notice OR employer_size < 20 THEN words('apply')
                    ELSE list_filter(words('apply'), lambda t: NOT regexp_matches(t, '반환|돌려')) END, tk, 'apply')
        END AS duties_form
    FROM decoyed AS p
),

filled AS (
    SELECT
        *,
        replace(replace(replace(replace(replace(replace(title_form, '{t}', CASE WHEN is_english THEN occ_name_en
            ELSE occupation_title END),
            '{r}', place), '{c}', short_name), '{e}', CASE WHEN is_english THEN 'full-time' ELSE employment END),
            '{p}', openings::VARCHAR), '{h}', CASE WHEN weekly_hours < 40 THEN '주 ' || weekly_hours::INT || '시간'
                ELSE '주5일' END)
            AS title_clean,
        replace(replace(replace(replace(duties_form, '{c}', short_name), '{r}', place), '{s}', size::VARCHAR),
            '{y}', digits(2 + rnd(tk, 'y', 22), 2)) AS duties_clean,
        replace(replace(hours_form, '{w}', weekly_hours::INT::VARCHAR), '{d}',
            (weekly_hours / 5)::INT::VARCHAR) AS hours_clean,
        CASE wage_type_code
            WHEN 'M' THEN wage_min_krw // 10000 || '만원' WHEN 'Y' THEN wage_min_krw // 10000 || '만원'
            ELSE format('{:,}', wage_min_krw) || CASE WHEN u(tk, 'won') < 0.5 THEN '원' ELSE '' END
        END AS low,
        CASE wage_type_code
            WHEN 'M' THEN wage_max_krw // 10000 || '만원' WHEN 'Y' THEN wage_max_krw // 10000 || '만원'
            ELSE format('{:,}', wage_max_krw) || '원'
        END AS high,
        u(tk, 'close_form') * CASE WHEN watched_for IS NOT NULL THEN 0.84 ELSE 1 END AS uf
    FROM worded
),

written AS (
    SELECT
        * EXCLUDE (decoy_text),
        CASE WHEN kind = 'REPOST' AND watched_for IS NULL AND u(vid, 'retitle') < 0.5 THEN '(재등록) ' ELSE '' END
        || title_clean
        || CASE WHEN field = 'title' THEN ' ' || planted_text ELSE '' END AS title,
        CASE
            WHEN rule_no = 36 THEN planted_text
            WHEN rule_no = 14 AND planted_text LIKE 'duties%' THEN NULL
            WHEN field = 'duties' THEN CASE WHEN u(tk, 'where') < 0.5 THEN planted_text || chr(10) || duties_clean
                ELSE duties_clean || chr(10) || planted_text END
            WHEN kind = 'DUPLICATE' AND u(vid, 'near') < 0.4 THEN duties_clean || ' 감사합니다.'
            ELSE duties_clean
        END AS duties,
        CASE WHEN field = 'hours' THEN planted_text WHEN rule_no = 14 AND planted_text LIKE 'hours%' THEN NULL
            ELSE hours_clean END AS working_hours_text,
        CASE
            WHEN field = 'wage_text' THEN planted_text
            WHEN wage_max_krw > 0 THEN low || '~' || high
            WHEN u(tk, 'wage_form') < 0.45 THEN low || ' 이상'
            WHEN u(tk, 'wage_form') < 0.60 AND wage_type_code = 'M' THEN '월 ' || format('{:,}', wage_min_krw) || '원'
            WHEN u(tk, 'wage_form') < 0.60 AND wage_type_code = 'Y' THEN '연봉 ' || format('{:,}', wage_min_krw) || '원'
            ELSE low
        END AS wage_text,
        CASE
            WHEN uf < 0.34 THEN strftime(close_date, '%y-%m-%d') WHEN uf < 0.44 THEN strftime(close_date, '%Y%m%d')
            WHEN uf < 0.54 THEN strftime(close_date, '%Y-%m-%d')
            WHEN uf < 0.84 OR rule_no = 37 THEN '채용시까지  ' || strftime(close_date, '%y-%m-%d')
            WHEN uf < 0.97 THEN '채용시까지' ELSE '99991231'
        END AS close_date_text,
        uf >= 0.84 AND coalesce(rule_no <> 37, true) AS is_open_ended,
        CASE WHEN rule_no IS NULL THEN decoy_text END AS decoy_text
    FROM filled
)

SELECT
    v.vid, v.tk, v.wk, v.kind, v.twin_vid, v.posting_id, v.submitted_date, v.channel_code,
    org.organisation_code AS office_code,
    CASE WHEN v.field = 'company' THEN nullif(v.planted_text, '')
        WHEN v.rule_no = 7 THEN other.company WHEN v.rule_no = 4 THEN CASE
            WHEN cw.closed_date <= v.submitted_date THEN cw.company ELSE v.company END
        WHEN v.rule_no = 5 THEN CASE WHEN sw.suspended_from <= v.submitted_date THEN sw.company ELSE v.company END
        WHEN v.rule_no = 35 THEN '새움' || v.short_name ELSE v.company END AS company,
    CASE v.rule_no
        WHEN 3 THEN CASE v.planted_text WHEN 'check digit'
            THEN substr(v.business_no, 1, 9) || ((substr(v.business_no, 10, 1)::INT + 1 + rnd(v.vid, 'bad',
                9)) % 10)::VARCHAR
            ELSE v.planted_text END
        WHEN 4 THEN CASE WHEN cw.closed_date <= v.submitted_date THEN cw.business_no ELSE v.business_no END
            WHEN 5 THEN CASE WHEN sw.suspended_from <= v.submitted_date THEN sw.business_no ELSE v.business_no END
        WHEN 6 THEN business_number(999500000 + rnd(v.vid, 'unregistered', 400000))
        WHEN 35 THEN business_number(999000000 + rnd(v.vid, 'new_employer', 400000))
        ELSE v.business_no
    END AS business_no,
    CASE WHEN v.rule_no IN (3, 4, 5, 6, 35) OR u(v.tk, 'no_workplace') < 0.03 THEN NULL
        ELSE v.workplace_no END AS workplace_no,
    i.industry_code, i.industry_name, i.section, v.title, v.duties,
    CASE WHEN v.rule_no = 38 AND v.planted_text = '999900' THEN '999900' ELSE v.occ_code || '00' END AS occupation_code,
    -- what is planted keeps its code: some rules read it, and a duplicate has that of the vacancy it repeats
    v.channel_code = 'PARTNER_PRIVATE' AND v.rule_no IS NULL AND v.watched_for IS NULL AND u(v.tk, 'again') >= 0.05
    AND u(v.tk, 'uncoded') < {{uncoded_share}} AS is_uncoded,
    CASE WHEN v.rule_no = 38 AND v.planted_text = '99999' THEN '99999'
        WHEN v.rule_no = 14 AND v.planted_text LIKE 'region%' THEN NULL
        ELSE code_at(v.region_code, v.recode, v.recode_date, v.submitted_date) END AS region_code,
    CASE WHEN v.rule_no = 2 THEN nullif(v.planted_text, '') WHEN v.rule_no = 14
        AND v.planted_text LIKE 'region%' THEN NULL
        ELSE v.address END AS work_address,
    v.employment_type_code, v.wage_type_code, v.wage_min_krw, v.wage_max_krw, v.wage_text, v.working_hours_text,
    CASE WHEN v.rule_no = 14 AND v.planted_text LIKE 'hours%' THEN NULL ELSE v.weekly_hours END AS weekly_hours,
    CASE WHEN u(v.tk, 'career') < 0.55 THEN 'Z' WHEN u(v.tk, 'career') < 0.72 THEN 'N' ELSE 'E' END AS career_code,
    CASE WHEN u(v.tk, 'edu') < 0.55 THEN '00' ELSE v.edu END AS education_code,
    v.openings, v.start_date, v.close_date_text, v.close_date, v.is_open_ended,
    coalesce(v.rule_no = 36, false) OR u(v.tk, 'image') < 0.08 AS has_image,
    CASE WHEN v.rule_no IN (2, 23) THEN NULL
        ELSE pick(words('surnames'), v.eno, 'contact1') || pick(words('given_1'), v.eno, 'contact2')
            || pick(words('given_f'), v.eno, 'contact3') END AS contact_name,
    CASE WHEN v.rule_no IN (2, 23) THEN NULL WHEN v.rule_no = 34 AND v.mass_no IS NOT NULL
        THEN '02-39' || digits(v.mass_no % 100, 2) || '-' || digits(1000 + (v.submitted_date - first_day()), 4)
        ELSE phone_of(v.eno) END AS contact_phone,
    CASE WHEN v.rule_no IN (2, 23) OR u(v.eno, 'no_mail') < 0.2 THEN NULL
        ELSE 'hr' || v.eno || '@' || pick(words('mail_hosts'), v.eno, 'firm_host') END AS contact_email,
    v.is_english, v.intake, v.wno, v.occ_no, v.size, v.zip, v.representative, v.employer_closed_date, v.place,
    v.occ_code,
    -- what the law demands is always asked for, the rest now and then, sometimes by the name it had before
    CASE WHEN v.quals <> '' AND (v.asks_by_law OR u(v.tk, 'certificate') < 0.55) THEN
        CASE WHEN u(v.tk, 'former_name') < 0.4 THEN coalesce(v.former_quals, v.quals) ELSE v.quals END END AS certificate,
    v.sido_short, v.sido_no, v.watched_for,
    v.rule_no, v.rule_code, v.severity, v.field, v.planted_text, v.is_disguised, v.decoy_text,
    (v.rule_no = 4 AND coalesce(cw.closed_date > v.submitted_date, true))
    OR (v.rule_no = 5 AND coalesce(sw.suspended_from > v.submitted_date, true))
    OR (v.rule_no = 8 AND v.submitted_date < DATE '2022-01-06')
    OR (v.rule_no = 34 AND v.mass_no IS NULL)
    OR (v.rule_no = 40 AND (v.has_notice OR v.employer_size < 40)) AS is_void
FROM written AS v
JOIN industry AS i ON i.industry_no = v.industry_no
LEFT JOIN organisation_seats AS n ON n.sido_no = v.sido_no
LEFT JOIN organisation_seat AS os ON os.sido_no = v.sido_no AND os.seat = rnd(v.vid, 'voffice', n.n)
JOIN organisation AS org ON org.ono = coalesce(os.ono, rnd(v.vid, 'voffice', n_of('organisation')))
-- closings and suspensions come in order of their day: the later the submission, the further the draw may reach
-- (the rule is part of the key: as a condition of its own it would turn the hash join into a nested loop)
LEFT JOIN closed_workplace AS cw
    ON cw.n = CASE WHEN v.rule_no = 4 THEN floor(
        u(v.vid, 'closed') * n_of('closed_workplace') * (v.submitted_date - first_day())
        / (last_day_of_nation() - first_day())
    )::BIGINT END
LEFT JOIN suspended_workplace AS sw
    ON sw.n = CASE WHEN v.rule_no = 5 THEN floor(
        u(v.vid, 'suspended') * n_of('suspended_workplace') * (v.submitted_date - first_day())
        / (last_day_of_nation() - first_day())
    )::BIGINT END
LEFT JOIN workplace AS other
    ON other.wno = CASE WHEN v.rule_no = 7 THEN (1 + rnd(v.vid, 'other', n_of('employer'))) * 10 END;

-- planted in vain: no employer had closed, was suspended or was listed by then, or it is too small for rule 40
UPDATE submission SET rule_no = NULL, rule_code = NULL, severity = NULL, field = NULL, planted_text = NULL,
    is_disguised = NULL
WHERE is_void;

-- elementary occupations are paid in full during probation as well (Minimum Wage Act art. 5 (2))
UPDATE submission SET rule_no = 9, rule_code = 'WAGE_BELOW_MIN', severity = 'R', field = 'struct',
    planted_text = 'below the minimum wage', is_disguised = false
WHERE rule_no = 11 AND (left(occ_code, 3) IN ('561', '624', '706') OR left(occ_code, 2) = '89' OR occ_code = '5413');

-- the employers of rule 8 are on the list that was published last before their submission; some others are listed too
CREATE TABLE arrears AS
WITH listed AS (
    SELECT w.eno, (year(min(s.submitted_date - 5)) - 2022) * 2 + CASE WHEN month(min(s.submitted_date - 5)) >= 7 THEN 1
        ELSE 0 END AS list_no
    FROM submission AS s JOIN workplace AS w USING (wno) WHERE s.rule_no = 8 GROUP BY w.eno
    UNION ALL
    SELECT eno, rnd(eno, 'list', 10) FROM employer WHERE u(eno, 'arrears') < 0.003
)

SELECT l.eno, e.business_no, replace(e.form, '{}', e.short_name) AS employer_name, min(l.list_no) AS list_no
FROM listed AS l JOIN employer AS e USING (eno) GROUP BY ALL;
