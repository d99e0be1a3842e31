"""Near-duplicate postings: MinHash signatures once per posting version, exact Jaccard on the pairs they propose.

A text is title, duties and requirements after the clean-up of ``text.py``. Two postings are compared only when they are
of the same employer, occupation and place; within such a block locality-sensitive hashing proposes the pairs to compare
(``shingles``). A signature is made once per posting version and kept; only texts of proposed pairs are cleaned again.
What is reported is the exact similarity of the shingle sets.

What a pair means (rule 33, and the posting conditions of PES portals):

============  ==========================================================================================
``DUP_EXACT``  same source, similarity 1, the older still open when the newer was submitted
``DUP_NEAR``   the same with similarity ≥ .90, or with a text too short to prove identity
``REPOST``     same source, similarity ≥ .90, the older had closed: linked, never refused
``SAME_JOB``   another source, similarity ≥ .90, both open at some time: linked, never refused
============  ==========================================================================================

Requisitions that an employer declares as distinct are no pair of any kind, and neither are several work places of one
posting, nor postings whose place is not known.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from lmi.core.sql import scalar
from validation.vetting.reading import JOB_TEXTS, job_words_sql
from validation.vetting.shingles import jaccard, signatures
from validation.vetting.text import view_texts

NEAR = 0.90
#: below this many characters a text such as "see the image" proves nothing: its pairs are near, never exact
SHORT_TEXT = 50
#: of ``posting_signature``
SIGNATURE_COLUMNS = "source_id VARCHAR, record_hash VARCHAR, signature UBIGINT[]"
#: a posting that comes again within so many days of its end is a repost (section 3.4); later it is a new one
REPOST_DAYS = 180
#: legal forms and blanks are not part of a name
_LEGAL_FORM = r"\((주|유|사|재)\)|주식회사|유한회사|사단법인|재단법인|[\s[:punct:]]"
#: names that name nobody
_NOBODY = ("", "비공개", "익명", "회사", "사장", "대표", "○○회사", "oo회사", "○○", "당사")


def twins(con: duckdb.DuckDBPyConnection) -> None:
    """Writes table ``twin(posting_no, twin_source_id, twin_posting_id, similarity, kind)``.

    Reads ``posting`` (canonical columns), its texts as ``reading.read_texts`` left them, and ``earlier_posting``
    (canonical columns; also ``closed_date``, NULL where nothing closed it before its time). Reads and completes
    ``posting_signature`` (source_id, record_hash, signature). At most one row per posting, source of the twin and kind
    of relation (duplicate, repost, same job): the most similar, then the oldest. Versions of one posting are never
    twins of each other.
    """
    _gather_sides(con)
    _sign(con)
    con.execute(_PROPOSE)
    _measure(con)
    con.execute(_RELATE)
    for table in ("_job", "_side", "_sketch", "_sketch_pair", "_text_pair"):
        con.execute(f"DROP TABLE {table}")


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in con.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()}


def _gather_sides(con: duckdb.DuckDBPyConnection) -> None:
    """Tables ``_job`` (the words of each posting) and ``_side`` (a row per posting version and employer key)."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE _job AS {job_words_sql('posting')}")
    con.execute(_sides("closed_date" if "closed_date" in _columns(con, "earlier_posting") else "NULL::DATE"))


def _sign(con: duckdb.DuckDBPyConnection) -> None:
    """Signs what is not signed yet. Table ``_sketch``: the number of the signature of each side."""
    con.execute(f"CREATE TABLE IF NOT EXISTS posting_signature ({SIGNATURE_COLUMNS})")
    _read_jobs(con, "SELECT * FROM _side ANTI JOIN posting_signature USING (source_id, record_hash)")
    unsigned = con.execute(
        "SELECT words, list(DISTINCT {'source_id': source_id, 'record_hash': record_hash}) AS records FROM _job"
        " ANTI JOIN posting_signature USING (source_id, record_hash) GROUP BY words"
    ).to_arrow_table()
    made = signatures(unsigned.column("words").combine_chunks())
    con.register("_made", unsigned.select(["records"]).append_column("signature", made))
    con.execute(
        "INSERT INTO posting_signature SELECT record.source_id, record.record_hash, signature"
        " FROM (SELECT unnest(records) AS record, signature FROM _made)"
    )
    con.unregister("_made")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE _sketch AS SELECT s.side_no, k.signature,"
        " dense_rank() OVER (ORDER BY k.signature) AS sketch_no"
        " FROM _side AS s JOIN posting_signature AS k USING (source_id, record_hash)"
    )


def _read_jobs(con: duckdb.DuckDBPyConnection, sides: str) -> None:
    """Adds the words of sides (a query) to ``_job`` where they are not there: of postings of before."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE _unread AS SELECT DISTINCT ON (source_id, record_hash) source_id, record_hash,"
        f" {', '.join(JOB_TEXTS)} FROM earlier_posting SEMI JOIN ({sides}) USING (source_id, record_hash)"
        " ANTI JOIN _job USING (source_id, record_hash)"
    )
    if scalar(con, "SELECT count(*) FROM _unread"):
        each = " UNION ALL ".join(f"SELECT {name} AS text FROM _unread" for name in JOB_TEXTS)
        view_texts(con, each, "_unread_viewed")
        con.execute(f"INSERT INTO _job {job_words_sql('_unread', '_unread_viewed')}")
        con.execute("DROP TABLE _unread_viewed")
    con.execute("DROP TABLE _unread")


def _measure(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``_text_pair``: the proposed pairs of texts of at least NEAR similarity, and each text with itself.

    Of ``_side`` only what is of a pair is left, with the number and the length of its text.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE _side AS SELECT s.*, k.sketch_no"
        " FROM _side AS s JOIN _sketch AS k USING (side_no) SEMI JOIN _sketch_pair AS p"
        " ON p.employer_key = s.employer_key AND p.sketch_a = k.sketch_no"
    )
    _read_jobs(con, "FROM _side")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE _side AS SELECT s.*, dense_rank() OVER (ORDER BY words) - 1 AS text_no,"
        " length(words) AS text_length FROM _side AS s JOIN _job USING (source_id, record_hash)"
    )
    texts = con.execute(
        "SELECT words FROM _job JOIN _side USING (source_id, record_hash) GROUP BY text_no, words ORDER BY text_no"
    ).to_arrow_table()
    pairs = con.execute(_TEXT_PAIRS).to_arrow_table()
    left, right = (pairs.column(name).to_numpy().astype(np.int64) for name in ("text_a", "text_b"))
    similarity = jaccard(texts.column("words").combine_chunks(), left, right)
    con.register("_measured", pa.table({"text_a": left, "text_b": right, "similarity": similarity}))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE _text_pair AS"
        f" SELECT * FROM _measured WHERE similarity >= {NEAR}"
        f" UNION ALL SELECT text_b, text_a, similarity FROM _measured WHERE similarity >= {NEAR}"
        " UNION ALL SELECT DISTINCT text_no, text_no, 1.0 FROM _side"
    )
    con.unregister("_measured")


_NOBODY_SQL = ", ".join(f"'{name}'" for name in _NOBODY)


#: a closing date without an end means the validity of two months
_OPEN_UNTIL = (
    "CASE WHEN close_date >= submitted_date AND year(close_date) < 9999 THEN close_date"
    " ELSE submitted_date + INTERVAL 2 MONTH END::DATE"
)


def _side(number: str, closed: str, source: str) -> str:
    """SELECT of one side in the form that pairs are made of.

    A number that is no registration number (wrong length, all zeros) identifies nobody: the cleaned name does then.
    """
    digits = "regexp_replace(business_no, '[^0-9]', '', 'g')"
    return f"""
    SELECT
        {number} AS posting_no, source_id, record_hash, posting_id, submitted_date,
        least({_OPEN_UNTIL}, {closed})::DATE AS open_until,
        CASE WHEN regexp_full_match({digits}, '[0-9]{{10}}') AND {digits} <> '0000000000' THEN {digits} END
            AS employer_no,
        regexp_replace(lower(replace(employer_name, '㈜', '(주)')), '{_LEGAL_FORM}', '', 'g') AS employer_name,
        occupation_scheme || ':' || occupation_code AS occupation,
        nullif(regexp_replace(lower(work_address), '[\\s[:punct:]]', '', 'g'), '') AS address,
        country_code || ':' || region_code AS region,
        nullif(trim(requisition_id), '') AS requisition_id,
        trim(coalesce(duties, '') || coalesce(requirements, '')) <> '' AS has_text
    FROM {source}"""


def _sides(closed: str) -> str:
    newer = _side("posting_no", "NULL::DATE", "posting")
    # what ended long before is nothing that comes again: most of a register's history is left out here
    older = _side(
        "NULL::BIGINT",
        closed,
        f"""earlier_posting
    WHERE {_OPEN_UNTIL} >= (SELECT min(submitted_date) FROM posting) - {REPOST_DAYS}
        AND submitted_date <= (SELECT max({_OPEN_UNTIL}) FROM posting)""",
    )
    return f"""
CREATE OR REPLACE TEMP TABLE _side AS
WITH both_sides AS ({newer}
    UNION ALL {older}
),

keyed AS (
    SELECT *, unnest([
        'number ' || employer_no,
        CASE WHEN employer_name NOT IN ({_NOBODY_SQL}) THEN 'name ' || employer_name END
    ]) AS employer_key
    FROM both_sides
),

-- an employer with one posting, or with none of this load, has no pair to offer
blocks AS (
    SELECT employer_key, min(submitted_date) FILTER (posting_no IS NOT NULL) AS first_new
    FROM keyed WHERE employer_key IS NOT NULL
    GROUP BY employer_key HAVING count(*) > 1 AND count(posting_no) > 0
)

SELECT row_number() OVER () AS side_no, k.*
FROM keyed AS k JOIN blocks AS b USING (employer_key)
WHERE k.posting_no IS NOT NULL OR k.open_until >= b.first_new - {REPOST_DAYS}
"""


#: pairs of signatures of one employer that share a band, one of them at least of a new posting, in both orders
_PROPOSE = """
CREATE OR REPLACE TEMP TABLE _sketch_pair AS
WITH members AS (
    SELECT employer_key, sketch_no, any_value(signature) AS signature, count(posting_no) > 0 AS has_new,
        count(*) AS sides
    FROM _side JOIN _sketch USING (side_no) GROUP BY employer_key, sketch_no
),

crowded AS (SELECT employer_key FROM members GROUP BY employer_key HAVING count(*) > 1),

bands AS (
    SELECT employer_key, sketch_no, has_new, generate_subscripts(signature, 1) AS band, unnest(signature) AS band_key
    FROM members SEMI JOIN crowded USING (employer_key)
)

SELECT DISTINCT a.employer_key, a.sketch_no AS sketch_a, b.sketch_no AS sketch_b
FROM bands AS a
JOIN bands AS b ON b.employer_key = a.employer_key AND b.band = a.band AND b.band_key = a.band_key
    AND a.sketch_no <> b.sketch_no
WHERE a.has_new OR b.has_new
UNION ALL SELECT employer_key, sketch_no, sketch_no FROM members WHERE has_new AND sides > 1
"""

_TEXT_PAIRS = """
WITH members AS (SELECT DISTINCT employer_key, sketch_no, text_no FROM _side)

SELECT DISTINCT a.text_no AS text_a, b.text_no AS text_b
FROM _sketch_pair AS p
JOIN members AS a ON a.employer_key = p.employer_key AND a.sketch_no = p.sketch_a
JOIN members AS b ON b.employer_key = p.employer_key AND b.sketch_no = p.sketch_b
WHERE a.text_no < b.text_no
ORDER BY text_a, text_b
"""

_RELATE = f"""
CREATE OR REPLACE TABLE twin AS
WITH pairs AS (
    SELECT
        newer.posting_no, older.source_id AS twin_source_id, older.posting_id AS twin_posting_id,
        older.submitted_date AS twin_submitted_date, p.similarity,
        CASE
            WHEN newer.source_id <> older.source_id THEN 'SAME_JOB'
            WHEN older.open_until < newer.submitted_date THEN 'REPOST'
            WHEN p.similarity = 1 AND newer.has_text AND newer.text_length >= {SHORT_TEXT} THEN 'DUP_EXACT'
            ELSE 'DUP_NEAR'
        END AS kind
    FROM _side AS newer
    JOIN _text_pair AS p ON p.text_a = newer.text_no
    JOIN _side AS older ON older.text_no = p.text_b AND older.employer_key = newer.employer_key
    WHERE newer.posting_no IS NOT NULL
        -- the name joins only where a number is missing
        AND coalesce(newer.employer_no = older.employer_no, newer.employer_key LIKE 'name %')
        -- several work places of one posting survive; without any place nothing tells them apart
        AND coalesce(newer.address = older.address, newer.region = older.region, false)
        AND coalesce(newer.requisition_id = older.requisition_id, true)
        AND CASE
            WHEN newer.source_id = older.source_id
                THEN newer.posting_id <> older.posting_id
                    AND newer.occupation IS NOT DISTINCT FROM older.occupation
                    AND older.open_until >= newer.submitted_date - {REPOST_DAYS}
                    AND (older.submitted_date, older.posting_id) < (newer.submitted_date, newer.posting_id)
            -- another source may code occupations in its own way, and may have had the job first or later
            ELSE newer.submitted_date <= older.open_until AND older.submitted_date <= newer.open_until
        END
),

ranked AS (
    SELECT *, row_number() OVER (
        PARTITION BY posting_no, twin_source_id, left(kind, 3)
        ORDER BY similarity DESC, twin_submitted_date, twin_posting_id
    ) AS place
    FROM pairs
)

SELECT posting_no, twin_source_id, twin_posting_id, similarity, kind FROM ranked WHERE place = 1
ORDER BY posting_no, kind, twin_source_id
"""
