-- Monthly and yearly lists.
CREATE VIEW list_month AS
SELECT m::DATE AS month, row_number() OVER (ORDER BY m) AS month_no
FROM range(first_day()::TIMESTAMP, last_day_of_nation()::TIMESTAMP, INTERVAL 1 MONTH) AS t(m);

CREATE VIEW p_workplaces AS
WITH versions AS (
    SELECT wno, greatest(established_date, first_day()) AS changed, size AS headcount FROM workplace
    UNION ALL
    SELECT wno, closed_date, 0 FROM workplace WHERE closed_date IS NOT NULL
    UNION ALL
    SELECT w.wno, m.month + rnd(w.wno * 100 + m.month_no, 'change_day', 26)::INT,
        greatest(1, w.size + rnd(w.wno * 100 + m.month_no, 'change', 5) - 2)
    FROM workplace AS w JOIN list_month AS m
        ON m.month_no % 29 = w.wno % 29 AND m.month > w.established_date
            AND coalesce(m.month + 31 < w.closed_date, true)
    UNION ALL
    -- the place keeps its number when its district gets a new code
    SELECT w.wno, r.recode_date, w.size FROM workplace AS w JOIN region AS r USING (region_no)
    WHERE r.recode IS NOT NULL AND w.established_date < r.recode_date AND coalesce(w.closed_date > r.recode_date, true)
),

dated AS (
    SELECT wno, changed, max(headcount) AS headcount,
        (date_trunc('month', changed) + INTERVAL 1 MONTH)::DATE AS received_date
    FROM versions GROUP BY wno, changed
)

SELECT
    w.workplace_no, w.business_no, w.workplace_name AS employer_name, i.industry_code,
    code_at(r.region_code, r.recode, r.recode_date, d.changed) AS region_code,
    d.headcount, w.established_date, CASE WHEN w.closed_date <= d.changed THEN w.closed_date END AS closed_date,
    d.received_date, at_office(d.changed, w.wno, 'workplace') AS updated_at, d.received_date AS _delivery_date
FROM dated AS d JOIN workplace AS w USING (wno) JOIN industry AS i USING (industry_no)
JOIN region AS r USING (region_no)
WHERE d.received_date <= last_day_of_nation();

CREATE VIEW p_organisations AS
WITH versions AS (
    SELECT ono, first_day() AS changed, false AS is_renamed FROM organisation
    UNION ALL
    SELECT o.ono, r.recode_date, false FROM organisation AS o JOIN region AS r USING (region_no)
    WHERE r.recode_date BETWEEN first_day() + 1 AND last_day_of_nation()
    UNION ALL
    -- some are renamed: the old name stays in force until the day before
    SELECT ono, history_end() - 10, true FROM organisation WHERE ono % 7 = 3
)

SELECT
    o.organisation_code, CASE WHEN v.is_renamed THEN replace(o.name_ko, '센터', '플러스센터') ELSE o.name_ko END AS name_ko,
    o.name_en, o.organisation_type,
        code_at(r.region_code, r.recode, r.recode_date, v.changed) AS region_code,
    CASE WHEN v.is_renamed THEN v.changed ELSE o.valid_from END AS valid_from, NULL::DATE AS valid_to,
        (date_trunc('month', v.changed) + INTERVAL 1 MONTH)::DATE AS received_date,
    at_office(v.changed, o.ono, 'organisation') AS updated_at,
        (date_trunc('month', v.changed) + INTERVAL 1 MONTH)::DATE AS _delivery_date
FROM versions AS v JOIN organisation AS o USING (ono) JOIN region AS r USING (region_no);

-- some have agreed on nothing, a few on a target of 0; credentials and gains belong to training
CREATE VIEW p_performance_targets AS
WITH planned AS (
    SELECT ono, programme_code, year(start_date) AS y, count(*) AS clients FROM episode GROUP BY ALL
),

agreed AS (
    SELECT
        o.ono, o.organisation_code, p.programme, y.y, i.indicator, u(o.ono * 100 + y.y, p.programme || 'agreed') AS ua,
        CASE i.indicator WHEN 'PLACEMENTS' THEN greatest(1, round(coalesce(n.clients, 0)
                * (0.34 + 0.16 * u(o.ono * 100 + y.y, 'target' || p.programme))))
            WHEN 'MEQ2' THEN 10000 * round(i.level + i.spread * u(o.ono * 100 + y.y, p.programme || 'MEQ2'))
            ELSE round(i.level + i.spread * u(o.ono * 100 + y.y, p.programme || i.salt), 3) END::DOUBLE AS target_value,
        greatest(make_date(y.y::INT, 1, 5), first_day()) AS received_date
    FROM organisation AS o
    CROSS JOIN (SELECT unnest(['EAP1', 'EAP2', 'JSA', 'YJOB', 'WRET', 'TRN']) AS programme) AS p
    CROSS JOIN (VALUES ('PLACEMENTS', NULL, NULL, NULL), ('PLACEMENT_RATE', 0.38, 0.10, ''), ('ERQ2', 0.50, 0.12, 'ERQ2'),
        ('ERQ4', 0.50, 0.12, 'ERQ4'), ('MEQ2', 600, 150, 'MEQ2'), ('CRED', 0.30, 0.10, 'CRED'),
        ('MSG', 0.60, 0.15, 'MSG'), ('ESE', 0.50, 0.15, 'ESE')) AS i(indicator, level, spread, salt)
    CROSS JOIN range(year(first_day()), year(last_day_of_nation()) + 1) AS y(y)
    LEFT JOIN planned AS n ON n.ono = o.ono AND n.programme_code = p.programme AND n.y = y.y
)

SELECT
    organisation_code, programme AS programme_code, y::VARCHAR AS period, indicator AS indicator_code,
    CASE WHEN ua < 0.04 THEN NULL WHEN ua < 0.06 THEN 0 ELSE target_value END AS target_value, received_date,
    (received_date - 3)::TIMESTAMP + INTERVAL 10 HOUR AS updated_at, received_date AS _delivery_date
FROM agreed WHERE programme = 'TRN' OR indicator NOT IN ('CRED', 'MSG');

-- who left a service is asked, and each employer to whom a seeker was sent
CREATE VIEW p_satisfaction_surveys AS
WITH clients AS (
    SELECT ono, programme_code, date_trunc('month', end_date)::DATE AS month, 'CLIENT' AS respondent, count(*) AS invited,
        count(*) FILTER (WHERE u(sid, 'answers') < 0.42) AS answered,
        count(*) FILTER (WHERE u(sid, 'answers') < 0.42 AND u(sid, 'satisfied') < CASE
            WHEN next_start <= end_date THEN 0.88 ELSE 0.70 END) AS satisfied
    FROM episode WHERE end_date < date_trunc('month', last_day_of_nation()) GROUP BY ALL
),

employers AS (
    SELECT ono, 'JSA' AS programme_code, date_trunc('month', result_date)::DATE AS month, 'EMPLOYER' AS respondent,
        count(*) AS invited, count(*) FILTER (WHERE u(fid, 'answers') < 0.31) AS answered,
        count(*) FILTER (WHERE u(fid, 'answers') < 0.31 AND u(fid, 'satisfied') < CASE
            WHEN result = 'HIRED' THEN 0.90 ELSE 0.58 END) AS satisfied
    FROM referral WHERE result_date < date_trunc('month', last_day_of_nation()) GROUP BY ALL
),

invited AS (FROM clients UNION ALL BY NAME FROM employers)

SELECT
    o.organisation_code, i.programme_code, strftime(i.month, '%Y-%m') AS period, i.respondent, i.invited, i.answered, i.satisfied,
    (i.month + INTERVAL 1 MONTH)::DATE + 2 AS received_date,
        (i.month + INTERVAL 1 MONTH) + INTERVAL 30 HOUR AS updated_at,
    (i.month + INTERVAL 1 MONTH)::DATE + 2 AS _delivery_date
FROM invited AS i JOIN organisation AS o USING (ono)
WHERE (i.month + INTERVAL 1 MONTH)::DATE + 2 <= last_day_of_nation();

-- lists of which a new edition comes with each year
CREATE VIEW edition AS
SELECT greatest(make_date(y::INT, 1, 5), first_day()) AS received_date
FROM range(year(first_day()), year(last_day_of_nation()) + 1) AS t(y);

CREATE VIEW p_qualifications AS
SELECT
    q.code AS qualification_code,
    CASE WHEN e.received_date < try_cast(q.renamed_on AS DATE) THEN q.former_name ELSE q.name END AS name_ko, q.kind_code, q.series_code, q.series_name, q.field_code,
        q.field_name,
    e.received_date, (e.received_date - 3)::TIMESTAMP + INTERVAL 9 HOUR AS updated_at, e.received_date AS _delivery_date
FROM qualification AS q CROSS JOIN edition AS e;

-- the dictionary of occupations: titles that offices know, which are not all that employers write
CREATE VIEW p_dictionary_titles AS
SELECT
    o.occ_code AS keco_code, unnest(o.titles[:-2]) AS title, e.received_date,
    (e.received_date - 3)::TIMESTAMP + INTERVAL 9 HOUR AS updated_at, e.received_date AS _delivery_date
FROM occupation AS o CROSS JOIN edition AS e;

CREATE VIEW p_dictionary_summaries AS
SELECT
    o.occ_code AS keco_code, regexp_replace(array_to_string(o.duties, '. '), '<\w>', '여러 ', 'g') AS summary,
    CASE o.edu WHEN '03' THEN 2 WHEN '04' THEN 3 WHEN '05' THEN 4 WHEN '06' THEN 5 WHEN '07' THEN 5 ELSE 1 END AS job_zone,
    e.received_date, (e.received_date - 3)::TIMESTAMP + INTERVAL 9 HOUR AS updated_at,
    e.received_date AS _delivery_date
FROM occupation AS o CROSS JOIN edition AS e;

CREATE VIEW p_wage_arrears AS
WITH lists AS (
    SELECT d::DATE AS listed_from, row_number() OVER (ORDER BY d) - 1 AS list_no
    FROM (SELECT unnest([make_timestamp(y, 1, 5, 0, 0, 0), make_timestamp(y, 7, 5, 0, 0, 0)]) AS d
        FROM range(year(first_day()), year(last_day_of_nation()) + 1) AS t(y))
    WHERE d BETWEEN first_day()::TIMESTAMP AND last_day_of_nation()::TIMESTAMP
)

SELECT
    strftime(l.listed_from, '%Y-%m') AS list_id, a.business_no, a.employer_name, l.listed_from,
        l.listed_from + 1095 AS listed_to,
    30000000 + 10000 * rnd(a.eno, 'owed', 20000) AS arrears_krw, l.listed_from AS received_date,
    l.listed_from::TIMESTAMP - INTERVAL 15 HOUR AS updated_at, l.listed_from AS _delivery_date
FROM arrears AS a JOIN lists AS l ON l.list_no = a.list_no;

CREATE VIEW p_agency_licences AS
SELECT
    digits(100 + rnd(e.eno, 'licence_office', 800), 3) || '-' || pick(['유', '무', '파'], e.eno, 'licence_form') || '-'
        || digits(e.eno, 6) AS licence_no,
    e.business_no, pick(['PLACEMENT', 'DISPATCH', 'SUPPLY'], e.eno, 'licence') AS licence_kind,
    first_day() - rnd(e.eno, 'licensed', 1500)::INT AS valid_from,
    CASE WHEN u(e.eno, 'licence_end') < 0.1 THEN first_day() + 300 + rnd(e.eno, 'licence_end2',
        1300)::INT END AS valid_to,
    make_date(year(first_day()), month(first_day()), 6) AS received_date,
        first_day()::TIMESTAMP + INTERVAL 10 HOUR AS updated_at,
    make_date(year(first_day()), month(first_day()), 6) AS _delivery_date
FROM employer AS e JOIN industry AS i USING (industry_no)
WHERE i.section = 'N' AND u(e.eno, 'licensed2') < 0.7;
