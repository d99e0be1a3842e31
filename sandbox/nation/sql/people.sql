SET VARIABLE n_occupation = (SELECT count(*) FROM occupation);

-- Persons of working age. Resident numbers have the real format but a check digit that is deliberately wrong, so that
-- they cannot belong to anybody born before the numbers became random (2020-10). Unique up to 25 million persons:
-- 900,000 serials for each birthday and sex, and the birthday moves by 13 days from block to block.
CREATE TABLE person AS
WITH drawn AS (
    SELECT
        pid, (pid - 1) % 900000 AS q, (pid - 1) // 900000 AS block,
        CASE WHEN u((pid - 1) % 900000, 'sex') < 0.503 THEN 'M' ELSE 'F' END AS sex,
        u((pid - 1) % 900000, 'foreign') < 0.045 AS is_foreign,
        1953 + least(rnd((pid - 1) % 900000, 'year', 36) + rnd((pid - 1) % 900000, 'year2', 16), 50)::INT AS birth_year,
        u(pid, 'class') AS uc, u(pid, 'edu') AS ue, rnd(pid, 'region', 20000) AS slot
    FROM range(1, persons() + 1) AS t(pid)
),

born AS (
    SELECT
        *,
        make_date(birth_year, 1, 1)
        + ((rnd(q, 'day', 365) + 13 * block) % 365)::INT AS birth_date,
        ((q * 617717 + 12345) % 900000) AS serial
    FROM drawn
),

numbered AS (
    SELECT
        *,
        strftime(birth_date, '%y%m%d')
        || CASE
            WHEN is_foreign THEN CASE WHEN birth_year < 2000 THEN 5 ELSE 7 END
            ELSE CASE WHEN birth_year < 2000 THEN 1 ELSE 3 END
        END + CASE WHEN sex = 'F' THEN 1 ELSE 0 END
        || digits(serial // 9, 5) AS twelve
    FROM born
)

SELECT
    n.pid, n.sex, n.is_foreign, n.birth_year, n.birth_date,
    substr(twelve, 1, 6) || '-' || substr(twelve, 7, 6) || (
        (
            11 - (
                2 * substr(twelve, 1, 1)::INT + 3 * substr(twelve, 2, 1)::INT + 4 * substr(twelve, 3, 1)::INT
                + 5 * substr(twelve, 4, 1)::INT + 6 * substr(twelve, 5, 1)::INT + 7 * substr(twelve, 6, 1)::INT
                + 8 * substr(twelve, 7, 1)::INT + 9 * substr(twelve, 8, 1)::INT + 2 * substr(twelve, 9, 1)::INT
                + 3 * substr(twelve, 10, 1)::INT + 4 * substr(twelve, 11, 1)::INT + 5 * substr(twelve, 12, 1)::INT
            ) % 11 + CASE WHEN n.is_foreign THEN 2 ELSE 0 END + 1 + serial % 9
        ) % 10
    )::VARCHAR AS resident_no,
    CASE
        WHEN n.pid <= 5
            THEN ['가온누리별', '나래솔바람', '다솜미르달', '라온하제빛', '마루한결샘'][n.pid::INT]
        WHEN n.is_foreign THEN pick(words('foreign_names'), n.pid, 'fname')
        ELSE pick(words('surnames'), n.pid, 'surname') || pick(words('given_1'), n.pid, 'given1')
            || CASE WHEN n.sex = 'M' THEN pick(words('given_m'), n.pid, 'given2')
                ELSE pick(words('given_f'), n.pid, 'given2') END
    END AS name,
    CASE
        WHEN n.pid <= 5 THEN '010-0077-' || digits(7100 + n.pid, 4)
        ELSE '010-' || digits(2000 + rnd(n.pid, 'phone1', 8000), 4) || '-' || digits(rnd(n.pid, 'phone2', 10000), 4)
    END AS phone,
    CASE
        WHEN n.pid <= 5 THEN 'planted.seeker.' || n.pid || '@inbox.example'
        ELSE pick(words('roman'), n.pid, 'mail') || digits(n.pid, 1) || '@' || pick(words('mail_hosts'), n.pid, 'host')
    END AS email,
    r.region_no, r.sido_no,
    r.sido_name || ' ' || r.district || ' ' || pick(words('streets'), n.pid, 'street') || ' '
    || (1 + rnd(n.pid, 'house', 320)) || CASE
        WHEN u(n.pid, 'flat') < 0.6
            THEN ', ' || (101 + rnd(n.pid, 'block', 20)) || '동 ' || (1 + rnd(n.pid, 'floor', 20)) * 100
                + 1 + rnd(n.pid, 'door', 4) || '호'
        ELSE ''
    END AS address,
    CASE
        WHEN n.birth_year < 1965 THEN CASE WHEN ue < 0.45 THEN '03' WHEN ue < 0.7 THEN '02' WHEN ue < 0.8 THEN '04'
            WHEN ue < 0.95 THEN '05' ELSE '06' END
        WHEN n.birth_year < 1980 THEN CASE WHEN ue < 0.4 THEN '03' WHEN ue < 0.6 THEN '04' WHEN ue < 0.93 THEN '05'
            WHEN ue < 0.98 THEN '06' ELSE '07' END
        ELSE CASE WHEN ue < 0.27 THEN '03' WHEN ue < 0.5 THEN '04' WHEN ue < 0.93 THEN '05' WHEN ue < 0.985 THEN '06'
            ELSE '07' END
    END AS education_code,
    CASE WHEN n.sex = 'M' THEN om.occ_no ELSE ofe.occ_no END AS occ_no,
    CASE
        WHEN n.pid <= 5 THEN 'ENTRANT'
        WHEN uc < 0.34 THEN 'STABLE' WHEN uc < 0.70 THEN 'MOBILE' WHEN uc < 0.84 THEN 'MARGINAL'
        WHEN uc < 0.93 THEN 'ENTRANT' ELSE 'INACTIVE'
    END AS class,
    -- chance of finding work, apart from any service: known to nobody in the nation, used by the planted effects
    0.05 * (ue > 0.5)::INT + 0.05 * (n.birth_year > 1986)::INT - 0.08 * (n.birth_year < 1966)::INT AS employability,
    exp(0.22 * normal(n.pid, 'skill')) AS skill
FROM numbered AS n
JOIN region_slot AS rs ON rs.slot = n.slot
JOIN region AS r ON r.region_no = rs.region_no
JOIN occupation_slot_M AS om ON om.slot = rnd(n.pid, 'occ', 1000)
JOIN occupation_slot_F AS ofe ON ofe.slot = rnd(n.pid, 'occ', 1000);

-- Employers: Zipf-like sizes; a large one has several workplaces. Business numbers carry a valid check digit.
CREATE TABLE employer AS
WITH drawn AS (
    SELECT
        eno, least(3 + 0.02 * persons(), 0.8 / pow(1 - u(eno, 'size'), 0.85))::BIGINT + 1 AS size,
        101000000 + (eno * 7919 + 104729) % 898000000 AS prefix,
        rnd(eno, 'industry', 1000) AS slot
    FROM range(1, greatest(persons() // 9, 40) + 1) AS t(eno)
)

SELECT
    c.eno, c.size, i.industry_no, i.section,
    business_number(c.prefix) AS business_no,
    pick(words('firm_3'), c.eno, 'firm3') || pick(words('firm_1'), c.eno, 'firm1')
        || pick(words('firm_2'), c.eno, 'firm2')
    || pick(i.suffixes, c.eno, 'suffix') AS short_name,
    pick(['주식회사 {}', '{} 주식회사', '(주){}', '㈜{}', '{}', '{}', '유한회사 {}', '{}(주)'], c.eno, 'form') AS form,
    pick(words('surnames'), c.eno, 'boss1') || pick(words('given_1'), c.eno, 'boss2')
        || pick(words('given_m'), c.eno, 'boss3')
        AS representative,
    CASE WHEN c.size >= 12 THEN 1 + least(5, rnd(c.eno, 'branches', 3) + (c.size // 60)) ELSE 1 END AS branches
FROM drawn AS c
JOIN industry_slot AS s ON s.slot = c.slot
JOIN industry AS i ON i.industry_no = s.industry_no;

CREATE TABLE workplace AS
WITH branch AS (
    SELECT e.*, unnest(range(branches)) AS b FROM employer AS e
),

placed AS (
    SELECT
        b.eno * 10 + b AS wno, b.eno, b.business_no, b.business_no || b::VARCHAR AS workplace_no,
        replace(b.form, '{}', b.short_name) AS company, b.short_name, b.industry_no, b.section, b.representative,
        greatest(1, b.size // b.branches) AS size, r.region_no, r.sido_no, r.district, b AS branch,
        r.sido_name || ' ' || r.district || ' ' || pick(words('streets'), b.eno * 10 + b, 'wstreet') || ' '
        || (1 + rnd(b.eno * 10 + b, 'whouse', 400)) AS address,
        10000 + (r.region_no * 211 + rnd(b.eno, 'zip', 200)) % 53000 AS zip,
        u(b.eno, 'life') AS ul,
        dense_rank() OVER (
            PARTITION BY b.size < 30 AND u(b.eno, 'life') BETWEEN 0.13 AND 0.30 ORDER BY u(b.eno, 'pause'), b.eno
        ) - 1 AS pause_no
    FROM branch AS b
    JOIN region_slot AS s ON s.slot = rnd(b.eno * 10 + b, 'wregion', 20000)
    JOIN region AS r ON r.region_no = s.region_no
)

SELECT
    * EXCLUDE (ul, district, pause_no),
    company || CASE WHEN branch > 0 THEN ' ' || split_part(district, ' ', 1) || branch || '지점' ELSE '' END
        AS workplace_name,
    -- only small employers open or close within the window; the others have always been there
    CASE
        WHEN size < 30 AND ul BETWEEN 0.30 AND 0.42 THEN first_day() + rnd(eno, 'open', 1700)::INT
        ELSE DATE '1990-01-01' + rnd(eno, 'est', 11000)::INT
    END AS established_date,
    CASE WHEN size < 30 AND ul < 0.12 THEN first_day() + 40 + rnd(eno, 'close', 1820)::INT END AS closed_date,
    CASE
        WHEN ul BETWEEN 0.12 AND 0.13 THEN first_day() + 20 + rnd(eno, 'suspend', 1780)::INT
        -- in the weeks that are played day by day somebody pauses every 18 days, however small the nation
        WHEN size < 30 AND ul BETWEEN 0.13 AND 0.30
            AND pause_no // copies() < (last_day_of_nation() - history_end() + 40) // 18
            THEN history_end() - 40 + 18 * (pause_no // copies())::INT
    END AS suspended_from,
    size >= 30 OR ul BETWEEN 0.42 AND 1.0 AS is_lasting
FROM placed;

-- A seat per job: drawing a seat draws a workplace in proportion to its size.
CREATE TABLE seat AS
SELECT
    wno, sido_no, section, is_lasting,
    row_number() OVER (PARTITION BY sido_no, section ORDER BY wno, s) - 1 AS section_seat,
    row_number() OVER (PARTITION BY sido_no, is_lasting ORDER BY wno, s) - 1 AS sido_seat,
    row_number() OVER (PARTITION BY is_lasting ORDER BY wno, s) - 1 AS lasting_seat,
    row_number() OVER (ORDER BY wno, s) - 1 AS seat
FROM (SELECT wno, sido_no, section, is_lasting, unnest(range(size)) AS s FROM workplace);

CREATE TABLE section_seats AS SELECT sido_no, section, count(*) AS n FROM seat GROUP BY ALL;
CREATE TABLE sido_seats AS SELECT sido_no, count(*) AS n FROM seat WHERE is_lasting GROUP BY ALL;

-- Organisations that deliver services, with the planted effect of each on placement within 183 days.
CREATE TABLE organisation AS
WITH drawn AS (
    SELECT
        ono, least(3000, persons() // 1500 + 10) AS n,
        CASE
            WHEN ono % 10 < 3 THEN 'JOB_CENTRE' WHEN ono % 10 < 5 THEN 'LOCAL_GOVERNMENT'
            WHEN ono % 10 < 7 THEN 'PRIVATE_AGENCY' WHEN ono % 10 < 9 THEN 'RE_EMPLOYMENT_CENTRE'
            ELSE 'CAMPUS_CENTRE'
        END AS organisation_type
    FROM range(least(3000, persons() // 1500 + 10)) AS t(ono)
),

placed AS (
    SELECT
        d.ono, d.organisation_type, r.region_no, r.sido_no,
        r.sido_name || ' ' || split_part(r.district, ' ', 1) AS district,
        row_number() OVER (
            PARTITION BY r.sido_no, split_part(r.district, ' ', 1), d.organisation_type ORDER BY d.ono
        ) AS of_kind
    FROM drawn AS d
    JOIN region_slot AS s ON s.slot = (d.ono * 20000 // d.n + rnd(d.ono, 'oregion', 20000 // d.n)) % 20000
    JOIN region AS r ON r.region_no = s.region_no
)

SELECT
    ono, 'O' || digits(10000 + ono, 6) AS organisation_code, organisation_type, region_no, sido_no,
    district || CASE organisation_type
        WHEN 'JOB_CENTRE' THEN '고용복지센터' WHEN 'LOCAL_GOVERNMENT' THEN '일자리센터'
        WHEN 'PRIVATE_AGENCY' THEN '취업지원센터(위탁)' WHEN 'RE_EMPLOYMENT_CENTRE' THEN '여성새로일하기센터'
        ELSE '대학일자리플러스센터'
    END
    -- the second of a district says so, so that two have different names
    || CASE WHEN of_kind > 1 THEN ' 제' || of_kind ELSE '' END AS name_ko,
    CASE organisation_type
        WHEN 'JOB_CENTRE' THEN 'Employment and welfare centre' WHEN 'LOCAL_GOVERNMENT' THEN 'Municipal job centre'
        WHEN 'PRIVATE_AGENCY' THEN 'Contracted placement agency'
        WHEN 'RE_EMPLOYMENT_CENTRE' THEN 'Women''s re-employment centre' ELSE 'Campus career centre'
    END || ' no. ' || ono AS name_en,
    first_day() - 400 - rnd(ono, 'ovalid', 3000)::INT AS valid_from,
    CASE organisation_type
        WHEN 'JOB_CENTRE' THEN 0.02 WHEN 'LOCAL_GOVERNMENT' THEN 0.0 WHEN 'PRIVATE_AGENCY' THEN 0.04
        WHEN 'RE_EMPLOYMENT_CENTRE' THEN 0.01 ELSE -0.03
    END + 0.16 * (u(ono, 'effect') - 0.5) AS effect
FROM placed;

CREATE TABLE organisation_seat AS
SELECT ono, sido_no, row_number() OVER (PARTITION BY sido_no ORDER BY ono) - 1 AS seat FROM organisation;
CREATE TABLE organisation_seats AS SELECT sido_no, count(*) AS n FROM organisation_seat GROUP BY ALL;

-- Training courses: runs start every `every_days` days; a run is number, start and end, so no table of runs is drawn.
CREATE TABLE course AS
WITH drawn AS (
    SELECT
        cno, [21, 28, 35, 42, 56][1 + rnd(cno, 'every', 5)] AS every_days, rnd(cno, 'offset', 20) AS offset_days,
        [20, 30, 40, 60, 90, 110][1 + rnd(cno, 'length', 6)] AS length_days, rnd(cno, 'cregion', 20000) AS slot,
        cno * 1000 // n + rnd(cno, 'cocc', 1000 // n) AS training_slot
    FROM (SELECT greatest(persons() // 800, 12) AS n, unnest(range(n)) AS cno)
)

SELECT
    d.cno, 'AIG2021' || digits(1000000 + d.cno, 10) AS trpr_id, d.every_days, d.offset_days, d.length_days,
    o.occ_no, r.region_no, r.sido_no, o.quals, o.occ_code,
    o.occ_name || ' ' || pick(['양성과정', '실무과정', '자격취득과정', '직무전환과정', '기초과정', '심화과정'], d.cno, 'kind') AS title,
    split_part(r.district, ' ', 1) || ' '
    || pick(['직업전문학교', '인재개발원', '평생교육원', '기술교육원', '요양보호사교육원', '컴퓨터학원'], d.cno, 'school') AS institution,
    pick(['C0061', 'C0054', 'C0104', 'C0105', 'C0055'], d.cno, 'ctype') AS course_type_code,
    (300 + rnd(d.cno, 'fee', 40) * 50) * 1000 AS fee_krw, 15 + 5 * rnd(d.cno, 'cap', 5) AS capacity,
    r.sido_name || ' ' || r.district || ' ' || pick(words('streets'), d.cno, 'cstreet') || ' '
        || (1 + rnd(d.cno, 'cno', 200))
        AS address
FROM drawn AS d
JOIN region_slot AS s USING (slot)
JOIN region AS r ON r.region_no = s.region_no
JOIN training_slot AS t ON t.slot = d.training_slot
JOIN occupation AS o ON o.occ_no = t.occ_no;

SET VARIABLE n_seat = (SELECT count(*) FROM seat);
SET VARIABLE n_lasting_seat = (SELECT count(*) FROM seat WHERE is_lasting);
SET VARIABLE n_organisation = (SELECT count(*) FROM organisation);
SET VARIABLE n_course = (SELECT count(*) FROM course);
SET VARIABLE n_employer = (SELECT count(*) FROM employer);
