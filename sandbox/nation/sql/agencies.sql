-- Clients of private agencies, whose lists hold no resident number. Most have registered as job seekers too, and no public
-- programme serves them; the others never registered. It changes no outcome.
CREATE MACRO episode_number(sid) AS CASE WHEN sid < 200000000000 THEN 'S' ELSE 'K' END || digits(sid % 200000000000, 12);

CREATE TABLE agency_client AS
WITH asked AS (
    SELECT
        g.*, g.pid * 64 + g.seq + 1 AS rid,
        coalesce(g.reg_date, g.begin_date) + 8 + rnd(g.pid * 64 + g.seq, 'agency_day', 60)::INT AS start_date
    FROM gap AS g
    WHERE CASE WHEN g.arm = 'N' THEN u(g.pid * 64 + g.seq, 'agency') < 0.30
        WHEN g.arm IS NULL THEN u(g.pid * 64 + g.seq, 'agency') < 0.07 ELSE false END
),

served AS (
    SELECT *, start_date + 60 + rnd(rid, 'agency_length', 120)::INT AS planned_end
    FROM asked WHERE start_date BETWEEN first_day() AND least(next_start - 1, last_day_of_nation())
)

SELECT
    200000000000 + s.rid AS sid, s.pid, o.ono, 'PRIV' AS programme_code, s.has_claim, s.arm IS NOT NULL AS is_registered,
    s.start_date, least(s.next_start, s.planned_end) AS end_date,
    CASE WHEN s.next_start <= s.planned_end THEN 'EMPLOYED' WHEN u(s.rid, 'agency_exit') < 0.65 THEN 'COMPLETED'
        ELSE 'DROPPED' END AS exit_reason,
    (30 + rnd(s.rid, 'agency_cost', 90)) * 10000 AS cost_krw, u(s.rid, 'agency_consent') < 0.93 AS consent_statistics
FROM served AS s
JOIN organisation AS o ON o.ono = 10 * rnd(s.rid, 'agency_office', n_of('organisation') // 10)
    + 5 + rnd(s.rid, 'agency_office2', 2);

-- A syllable with another initial, vowel or final consonant, or another letter: hands slip.
CREATE MACRO slipped_syllable(c, id) AS CASE
    WHEN c NOT BETWEEN '가' AND '힣' THEN chr(65 + rnd(id, 'slip_letter', 26)::INT)
    WHEN rnd(id, 'slip_part', 3) = 0 THEN chr((44032 + rnd(id, 'slip', 19) * 588 + (unicode(c) - 44032) % 588)::INT)
    WHEN rnd(id, 'slip_part', 3) = 1
        THEN chr((unicode(c) - (unicode(c) - 44032) % 588 + rnd(id, 'slip', 21) * 28 + (unicode(c) - 44032) % 28)::INT)
    ELSE chr((unicode(c) - (unicode(c) - 44032) % 28 + pick([0, 1, 4, 8, 16, 17, 21], id, 'slip'))::INT) END;
CREATE MACRO slipped_name(name, place, id) AS
    substr(name, 1, place - 1) || slipped_syllable(substr(name, place, 1), id) || substr(name, place + 1);
-- the digit that many places from the end is another
CREATE MACRO slipped_number(digit_text, back, id) AS
    substr(digit_text, 1, length(digit_text) - back) || rnd(id, 'slip_digit', 10)
    || substr(digit_text, length(digit_text) - back + 2);

-- What the clients write on the form: some have moved, some have a new telephone, some leave things out.
CREATE TABLE agency_form AS
WITH moved AS (
    SELECT
        a.sid, p.pid, p.sex, p.birth_date, p.name, p.is_foreign, u(a.sid, 'moved') < 0.15 AS is_mover,
        CASE WHEN u(a.sid, 'moved') < 0.15 THEN r.sido_name || ' ' || r.district || ' '
            || pick(words('streets'), a.sid, 'to_street') || ' ' || (1 + rnd(a.sid, 'to_house', 320))
            WHEN u(a.sid, 'no_flat') < 0.22 THEN split_part(p.address, ',', 1) ELSE p.address END AS address,
        CASE WHEN u(a.sid, 'new_phone') < CASE WHEN u(a.sid, 'moved') < 0.15 THEN 0.60 ELSE 0.08 END
            THEN '010-' || digits(2000 + rnd(a.sid, 'to_phone', 8000), 4) || '-'
                || digits(rnd(a.sid, 'to_phone2', 10000), 4)
            ELSE p.phone END AS phone
    FROM agency_client AS a JOIN person AS p USING (pid)
    JOIN region_slot AS s ON s.slot = rnd(a.sid, 'to_region', 20000) JOIN region AS r ON r.region_no = s.region_no
),

slipped AS (
    SELECT
        *, CASE WHEN u(sid, 'name_slips') < 0.10 THEN slipped_name(name, 1 + rnd(sid, 'slip_at', length(name)), sid)
            ELSE name END AS written_name,
        CASE WHEN u(sid, 'phone_slips') < 0.03 THEN slipped_number(phone, 1 + rnd(sid, 'slip_back', 4), sid)
            ELSE phone END AS written_phone
    FROM moved
)

SELECT
    sid, sex, CASE WHEN u(sid, 'spaced') < 0.20 AND NOT is_foreign
        THEN substr(written_name, 1, 1) || ' ' || substr(written_name, 2) ELSE written_name END AS name,
    CASE
        WHEN u(sid, 'birth') < 0.02 THEN NULL
        WHEN u(sid, 'birth') < 0.06 AND day(birth_date) <= 12 THEN strftime(birth_date, '%Y-%d-%m')
        WHEN u(sid, 'birth') < 0.10
            THEN slipped_number(strftime(birth_date, '%Y%m%d'), 1 + rnd(sid, 'slip_back2', 8), sid)
        WHEN u(sid, 'birth') < 0.40 THEN strftime(birth_date, '%Y.%m.%d')
        WHEN u(sid, 'birth') < 0.70 THEN strftime(birth_date, '%Y%m%d')
        ELSE strftime(birth_date, '%Y-%m-%d')
    END AS birth_date,
    CASE WHEN u(sid, 'phone_left') < 0.08 THEN NULL WHEN u(sid, 'phone_form') < 0.3
        THEN '+82 ' || substr(written_phone, 2)
        WHEN u(sid, 'phone_form') < 0.6 THEN replace(written_phone, '-', '') ELSE written_phone END AS phone,
    CASE WHEN u(sid, 'address_left') < 0.05 THEN NULL WHEN u(sid, 'address_form') < 0.3
        THEN replace(replace(replace(address, '특별자치도', ''), '특별시', ''), '광역시', '시') ELSE address END AS address
FROM slipped;

-- once a month, what changed in the month before
CREATE VIEW p_agency_clients AS
WITH versions AS (
    SELECT sid, NULL::DATE AS end_date, NULL::VARCHAR AS exit_reason, NULL::BIGINT AS cost_krw,
        at_office(start_date, sid, 'agency_start') AS updated_at FROM agency_client
    UNION ALL
    SELECT sid, end_date, exit_reason, cost_krw,
        at_office(end_date + 1 + rnd(sid, 'agency_lag', 5)::INT, sid, 'agency_end') FROM agency_client
),

listed AS (
    SELECT *, date_trunc('month', updated_at + INTERVAL 1 MONTH)::DATE + 9 AS received_date FROM versions
)

SELECT
    episode_number(v.sid) AS client_id, f.name, f.birth_date, f.sex, f.phone, f.address, a.consent_statistics,
    o.organisation_code, a.programme_code,
    client_group_of(a.pid, p.sex, year(a.start_date) - p.birth_year, a.has_claim) AS client_group,
    a.start_date, v.end_date, v.exit_reason, v.cost_krw, v.received_date, v.updated_at,
    v.received_date AS _delivery_date
FROM listed AS v JOIN agency_client AS a USING (sid) JOIN agency_form AS f USING (sid) JOIN person AS p ON p.pid = a.pid
JOIN organisation AS o ON o.ono = a.ono
WHERE v.received_date <= last_day_of_nation();

CREATE VIEW t_agency_clients AS
SELECT episode_number(sid) AS client_id, pid AS person_id, is_registered, consent_statistics FROM agency_client;
