"""What the registers say about the employer of each posting, on the posting's own day.

Look-ups (business status, insured headcounts) answer for the day they were asked: the first answer on or after the
submission counts, else the last before it. Lists with dates (arrears, licences, workplaces) answer for the day of the
submission. The employer is found by the business registration number, digits only.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

#: legal forms and signs that are no part of a name (Decree art. 34 (2): the identity must be shown, not the form)
_LEGAL_FORM = (
    r"\((주|유|사|재|합|의)\)|주식회사|유한책임회사|유한회사|합자회사|합명회사|사단법인|재단법인|의료법인|[^\p{L}\p{N}]"
)
#: weights of the first nine digits of a business registration number
_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def plain_name_sql(name: str) -> str:
    """A company name without legal form, blanks and signs, in small letters."""
    return f"regexp_replace(lower(replace({name}, '㈜', '(주)')), '{_LEGAL_FORM}', '', 'g')"


def business_digits_sql(number: str) -> str:
    """Digits of a business registration number, written with hyphens or in full width; NULL without any."""
    half = f"translate({number}, '０１２３４５６７８９', '0123456789')"
    return f"nullif(regexp_replace({half}, '[^0-9]', '', 'g'), '')"


def business_no_valid_sql(digits: str) -> str:
    """Ten digits, not all zeros, right check digit; the models read it the same way (macro business_no_is_valid)."""
    total = " + ".join(f"substr({digits}, {i}, 1)::INT * {w}" for i, w in enumerate(_WEIGHTS, 1))
    return (
        f"coalesce(CASE WHEN regexp_full_match({digits}, '[0-9]{{10}}') AND {digits} <> '0000000000' THEN"
        f" (10 - ({total} + substr({digits}, 9, 1)::INT * 5 // 10) % 10) % 10 = right({digits}, 1)::INT END, false)"
    )


def employer_answers(con: duckdb.DuckDBPyConnection) -> None:
    """Writes ``employer``: one row per posting. Reads ``posting``, ``known_posting`` and the ``register_`` tables.

    Columns: posting_no, business_no_valid, employer_name_plain, nts_status_code, nts_closed_date, nts_checked_date,
    is_workplace_extinct, register_name, name_similarity, insured_headcount, headcount_known, arrears_list_id,
    arrears_listed_from, licence_no, licence_kind, employer_first_seen, phone_employers_day, phone_employers_week.
    NULL where a register has no answer.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE asked AS SELECT posting_no, submitted_date, contact_phone_key, employer_name,"
        f" headcount, {business_digits_sql('business_no')} AS business_no FROM posting"
    )
    _names(con)
    con.execute(_EMPLOYER)
    con.execute("DROP TABLE name_score")
    con.execute("DROP TABLE asked")


def _names(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``name_score``: posting_no, register_name and similarity (0 to 1) of the nearest name in the registers.

    1 when one plain name holds the other, as those of branches do; else the share of letters that need no edit
    (Levenshtein 1966), letter by letter: a syllable is one letter, which byte-wise functions of the engine do not see.
    """
    con.execute(_NAME_PAIRS)
    pairs = con.execute(
        "SELECT DISTINCT said, registered FROM name_pair WHERE similarity IS NULL ORDER BY ALL"
    ).fetchall()
    measured = pa.table(
        {
            "said": pa.array([said for said, _ in pairs], pa.string()),
            "registered": pa.array([registered for _, registered in pairs], pa.string()),
            "score": pa.array([similarity(said, registered) for said, registered in pairs], pa.float64()),
        }
    )
    con.register("_measured_names", measured)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE name_score AS"
        " SELECT posting_no, register_name, round(coalesce(similarity, score), 2) AS name_similarity"
        " FROM name_pair LEFT JOIN _measured_names USING (said, registered)"
        " QUALIFY row_number() OVER (PARTITION BY posting_no ORDER BY name_similarity DESC, register_name) = 1"
    )
    con.unregister("_measured_names")
    con.execute("DROP TABLE name_pair")


def similarity(one: str, other: str) -> float:
    """1 − edits / length of the longer name."""
    longest = max(len(one), len(other))
    if not longest:
        return 1.0
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return 1 - row[-1] / longest


_NAME_PAIRS = f"""
CREATE OR REPLACE TEMP TABLE name_pair AS
WITH names AS (
    SELECT business_no, employer_name AS register_name FROM register_workplaces
    UNION
    SELECT business_no, workplace_name FROM register_insured_headcounts
),

pairs AS (
    SELECT a.posting_no, n.register_name, {plain_name_sql("a.employer_name")} AS said,
        {plain_name_sql("n.register_name")} AS registered
    FROM asked AS a JOIN names AS n USING (business_no)
    WHERE n.register_name IS NOT NULL
)

SELECT *,
    CASE WHEN length(least(said, registered)) > 0 AND (contains(said, registered) OR contains(registered, said))
        THEN 1.0 END::DOUBLE AS similarity
FROM pairs
WHERE length(said) > 0 AND length(registered) > 0
"""

_NEAREST_CHECK = (
    "QUALIFY row_number() OVER (PARTITION BY a.posting_no ORDER BY r.checked_date < a.submitted_date,"
    " abs(r.checked_date - a.submitted_date), r.checked_date) = 1"
)

_EMPLOYER = f"""
CREATE OR REPLACE TABLE employer AS
WITH checks AS (
    SELECT DISTINCT ON (business_no, checked_date) business_no, checked_date, coalesce(status_code, '') AS status_code,
        closed_date
    FROM register_business_status
    ORDER BY business_no, checked_date, delivery_date DESC, record_hash
),

status AS (
    SELECT a.posting_no, r.status_code, r.closed_date, r.checked_date
    FROM asked AS a JOIN checks AS r USING (business_no)
    {_NEAREST_CHECK}
),

counts AS (
    -- employment insurance (2) counts persons; accident insurance (1) stands in where the employer has none
    SELECT business_no, checked_date,
        coalesce(sum(headcount) FILTER (WHERE insurance_kind_code = '2'), sum(headcount))::BIGINT AS headcount,
        min(established_date) AS established_date
    FROM (SELECT DISTINCT * EXCLUDE (delivery_date, record_hash, version_at) FROM register_insured_headcounts)
    GROUP BY business_no, checked_date
),

headcount AS (
    SELECT a.posting_no, r.headcount
    FROM asked AS a JOIN counts AS r USING (business_no)
    {_NEAREST_CHECK}
),

workplaces AS (
    SELECT business_no, min(established_date) AS established_date,
        max(coalesce(closed_date, DATE '9999-12-31')) AS last_closed_date
    FROM register_workplaces GROUP BY business_no
),

arrears AS (
    SELECT a.posting_no, r.list_id, r.listed_from
    FROM asked AS a JOIN register_wage_arrears AS r
        ON r.business_no = a.business_no AND r.listed_from <= a.submitted_date
            AND a.submitted_date <= coalesce(r.listed_to, DATE '9999-12-31')
    QUALIFY row_number() OVER (PARTITION BY a.posting_no ORDER BY r.listed_from DESC, r.list_id) = 1
),

licences AS (
    SELECT a.posting_no, r.licence_no, r.licence_kind
    FROM asked AS a JOIN register_agency_licences AS r
        ON r.business_no = a.business_no AND r.valid_from <= a.submitted_date
            AND a.submitted_date <= coalesce(r.valid_to, DATE '9999-12-31')
    QUALIFY row_number() OVER (PARTITION BY a.posting_no ORDER BY r.valid_from, r.licence_no) = 1
),

seen AS (
    SELECT business_no, min(seen_date) AS first_seen
    FROM (
        SELECT {business_digits_sql("business_no")} AS business_no, submitted_date AS seen_date
        FROM known_posting
        UNION ALL SELECT business_no, established_date FROM workplaces
        UNION ALL SELECT business_no, established_date FROM counts
    )
    GROUP BY business_no
),

phone_days AS (
    SELECT DISTINCT contact_phone_key, submitted_date, {business_digits_sql("business_no")} AS business_no
    FROM known_posting WHERE contact_phone_key IS NOT NULL AND business_no IS NOT NULL
),

phones AS (
    SELECT a.posting_no,
        count(DISTINCT p.business_no) FILTER (WHERE p.submitted_date = a.submitted_date) AS employers_day,
        count(DISTINCT p.business_no) AS employers_week
    FROM asked AS a JOIN phone_days AS p
        ON p.contact_phone_key = a.contact_phone_key
            AND p.submitted_date BETWEEN a.submitted_date - 6 AND a.submitted_date
    GROUP BY a.posting_no
)

SELECT
    a.posting_no,
    {business_no_valid_sql("a.business_no")} AS business_no_valid,
    {plain_name_sql("a.employer_name")} AS employer_name_plain,
    status.status_code AS nts_status_code, status.closed_date AS nts_closed_date,
    status.checked_date AS nts_checked_date,
    workplaces.last_closed_date <= a.submitted_date AS is_workplace_extinct,
    name_score.register_name, name_score.name_similarity,
    coalesce(headcount.headcount, a.headcount) AS insured_headcount,
    coalesce(headcount.headcount, a.headcount) IS NOT NULL AS headcount_known,
    arrears.list_id AS arrears_list_id, arrears.listed_from AS arrears_listed_from,
    licences.licence_no, licences.licence_kind,
    seen.first_seen AS employer_first_seen,
    phones.employers_day AS phone_employers_day, phones.employers_week AS phone_employers_week
FROM asked AS a
LEFT JOIN status USING (posting_no)
LEFT JOIN headcount USING (posting_no)
LEFT JOIN workplaces USING (business_no)
LEFT JOIN name_score USING (posting_no)
LEFT JOIN arrears USING (posting_no)
LEFT JOIN licences USING (posting_no)
LEFT JOIN seen USING (business_no)
LEFT JOIN phones USING (posting_no)
ORDER BY a.posting_no
"""
