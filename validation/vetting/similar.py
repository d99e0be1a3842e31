"""Near-duplicate postings: MinHash signatures once per posting version, exact Jaccard on the pairs they propose.

A text is title, duties and requirements after the clean-up of ``text.py``; its shingles are all runs of five characters
(Broder 1997, "On the resemblance and containment of documents"). Two postings are compared only when they are of the
same employer, occupation and place; within such a block the pairs to compare come from locality-sensitive hashing.
With 16 bands of 8 values a pair of similarity .90 is missed once in 8,000 times and one of .60 is compared in a fifth
of all cases, which only costs time: what is reported is the exact similarity of the shingle sets.

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

from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rensa import RMinHash

from validation.vetting.text import views

SHINGLE = 5
VALUES = 128
BANDS = 16
SEED = 33
NEAR = 0.90
#: below this many characters a text such as "see the image" proves nothing: its pairs are near, never exact
SHORT_TEXT = 50
#: a posting that comes again within so many days of its end is a repost (section 3.4); later it is a new one
REPOST_DAYS = 180
#: a signature of another version cannot be compared: the caller computes those postings anew
SIGNATURE_VERSION = f"rminhash{RMinHash.ALGORITHM_VERSION}-s{SHINGLE}-v{VALUES}-b{BANDS}-r{SEED}"

_SIGNATURE_SCHEMA = pa.schema(
    [("posting_no", pa.int64()), ("signature", pa.list_(pa.uint64())), ("version", pa.string())]
)
_BATCH = 20_000  # texts of a batch: bounds the shingles in memory (about 8 bytes per character, four times over)
_PAIRS = 20_000  # at most 65,536 texts and pairs fit a batch of similarities

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]

#: legal forms and blanks are not part of a name
_LEGAL_FORM = r"\((주|유|사|재)\)|주식회사|유한회사|사단법인|재단법인|[\s[:punct:]]"
#: names that name nobody
_NOBODY = ("", "비공개", "익명", "회사", "사장", "대표", "○○회사", "oo회사", "○○", "당사")


def signatures(texts: pa.Table) -> pa.Table:
    """Band keys of the MinHash signature of each text.

    ``texts`` has posting_no and text (cleaned; NULL counts as empty). Result: posting_no, signature (16 unsigned
    64-bit band keys; equal keys at one position make two texts a candidate pair) and version.
    """
    numbers = texts.column("posting_no").combine_chunks().cast(pa.int64())
    parts = [
        _band_keys(*_shingles(batch))
        for batch in _batches(texts.column("text").combine_chunks().cast(pa.large_string()))
    ]
    keys = np.concatenate(parts) if parts else np.empty((0, BANDS), np.uint64)
    lists = pa.ListArray.from_arrays(np.arange(0, keys.size + 1, BANDS, dtype=np.int32), pa.array(keys.ravel()))
    version = pa.repeat(SIGNATURE_VERSION, len(numbers))
    return pa.Table.from_arrays([numbers, lists, version], schema=_SIGNATURE_SCHEMA)


def comparable(texts: pa.Array) -> pa.Array:
    """The words of each text, cleaned. Bullets, punctuation and line breaks count as one blank: who copies a posting
    changes them first."""
    parts = [_comparable(batch) for batch in _batches(texts)]
    return pa.concat_arrays(parts) if parts else _comparable(texts)


def _comparable(texts: pa.Array) -> pa.Array:
    clean, _ = views(texts)
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(clean), r"[^\pL\pN]+", " "))


def jaccard(texts: pa.Array, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Exact similarity of the shingle sets of ``texts[left[i]]`` and ``texts[right[i]]``; 1 for two empty texts.

    Shingles are compared by their hashes.
    """
    result = np.empty(len(left))
    for start in range(0, len(left), _PAIRS):
        part = slice(start, start + _PAIRS)
        used, places = np.unique(np.concatenate([left[part], right[part]]), return_inverse=True)
        hashes, offsets = _shingles(texts.take(pa.array(used)))
        hashes, offsets = _distinct(hashes, offsets)
        half = len(places) // 2
        result[part] = _pair_similarity(hashes, offsets, places[:half], places[half:])
    return result


def twins(con: duckdb.DuckDBPyConnection) -> None:
    """Writes table ``twin(posting_no, twin_source_id, twin_posting_id, similarity, kind)``.

    Reads ``posting`` (canonical columns) and ``earlier_posting`` (canonical columns; also ``signature``, NULL where
    there is none of this version, and ``closed_date``, NULL where nothing closed it before its time). Uses
    ``posting_signature`` (posting_no, signature, version) when it is there and makes it otherwise, so that the
    caller can keep it. At most one row per posting, source of the twin and kind of relation (duplicate, repost,
    same job): the most similar, then the oldest. Versions of one posting are never twins of each other.
    """
    _register_sides(con)
    _propose(con)
    _measure(con)
    con.execute(_RELATE)
    for table in ("_side", "_text", "_text_pair"):
        con.execute(f"DROP TABLE {table}")


def _batches(texts: pa.Array) -> Iterator[pa.Array]:
    for start in range(0, len(texts), _BATCH):
        yield texts.slice(start, _BATCH)


def _shingles(texts: pa.Array) -> tuple[Hashes, Offsets]:
    """Hashes of all shingles of all texts, and where each text's begin. A text under five characters is one shingle."""
    padded = pc.utf8_rpad(pc.fill_null(texts, "").cast(pa.large_string()), width=SHINGLE, padding=" ")
    lengths = pc.utf8_length(padded).to_numpy(zero_copy_only=False).astype(np.int64)
    letters = np.frombuffer("".join(padded.to_pylist()).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    ends = np.cumsum(lengths)
    offsets = np.concatenate([[0], ends - np.arange(1, len(lengths) + 1) * (SHINGLE - 1)])
    if not len(letters):
        return np.empty(0, np.uint64), offsets
    window = len(letters) - SHINGLE + 1
    # polynomial in an odd multiplier, modulo 2^64, then the finaliser of splitmix64
    hashes = np.zeros(window, np.uint64)
    for place in range(SHINGLE):
        hashes *= np.uint64(0x9E3779B97F4A7C15)
        hashes += letters[place : place + window]
    whole = np.ones(window, bool)
    for back in range(1, SHINGLE):  # a window that begins in the last four characters runs into the next text
        crossing = ends - back
        whole[crossing[crossing < window]] = False
    return _mix(hashes[whole]), offsets


def _mix(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _band_keys(hashes: Hashes, offsets: Offsets, bands: int = BANDS) -> Hashes:
    """One key per text and band: a row per text."""
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, offsets.astype(np.uint64), num_perm=VALUES, seed=SEED
    )
    values = np.array(matrix.to_rows(), dtype=np.uint64).reshape(-1, bands, VALUES // bands)
    keys = np.zeros(values.shape[:2], np.uint64)
    for place in range(values.shape[2]):
        keys = _mix(keys * np.uint64(0x9E3779B97F4A7C15) + values[:, :, place])
    return keys


def _sorted_sets(hashes: Hashes, owner: npt.NDArray[np.int64]) -> Hashes:
    """Owner in the upper 16 bits, hash in the lower 48, sorted: one sort of integers is ten times cheaper than one of
    two columns. With 1,000 shingles the lost bits make two unequal ones agree once in 10^8 pairs."""
    return np.sort((owner.astype(np.uint64) << np.uint64(48)) | (hashes >> np.uint64(16)))


def _distinct(hashes: Hashes, offsets: Offsets) -> tuple[Hashes, Offsets]:
    """The shingle sets (hashes of 48 bits), sorted within each text."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    keyed = _sorted_sets(hashes, owner)
    keyed = keyed[np.concatenate([[True], keyed[1:] != keyed[:-1]])] if len(keyed) else keyed
    sizes = np.bincount((keyed >> np.uint64(48)).astype(np.int64), minlength=len(offsets) - 1)
    return keyed << np.uint64(16), np.concatenate([[0], np.cumsum(sizes)])


def _pair_similarity(
    hashes: Hashes, offsets: Offsets, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    sizes = np.diff(offsets)
    both = np.concatenate([left, right])
    pair = np.repeat(np.tile(np.arange(len(left)), 2), sizes[both])
    starts = np.repeat(offsets[both], sizes[both])
    within = np.arange(len(starts)) - np.repeat(np.cumsum(sizes[both]) - sizes[both], sizes[both])
    keyed = _sorted_sets(hashes[starts + within], pair)
    # each set holds a shingle once: two equal neighbours are one shingle of both
    same = keyed[1:][keyed[1:] == keyed[:-1]]
    shared = np.bincount((same >> np.uint64(48)).astype(np.int64), minlength=len(left))
    return np.asarray(shared / (sizes[left] + sizes[right] - shared))


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in con.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()}


def _register_sides(con: duckdb.DuckDBPyConnection) -> None:
    """Tables ``_side`` (a row per posting version and employer key that has a neighbour) and ``_text`` (a row per
    distinct text). Each distinct original is cleaned once."""
    earlier = _columns(con, "earlier_posting")
    closed = "closed_date" if "closed_date" in earlier else "NULL::DATE"
    signature = "signature" if "signature" in earlier else "NULL::UBIGINT[]"
    con.execute(_sides(closed, signature))
    known = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'posting_signature'"
    is_kept = con.execute(known).fetchone() != (0,)
    originals = con.execute(
        "SELECT DISTINCT original FROM _side"
        + ("" if is_kept else f" UNION SELECT {ORIGINAL} FROM posting")
        + " ORDER BY original"
    ).to_arrow_table()
    texts = comparable(originals.column("original"))
    con.register("_cleaned", originals.append_column("text", texts))
    if not is_kept:
        distinct = texts.unique()
        made = signatures(pa.table({"posting_no": range(len(distinct)), "text": distinct}))
        con.register("_made", made.append_column("text", distinct))
        con.execute(
            f"CREATE TABLE posting_signature AS SELECT p.posting_no, m.signature, m.version FROM posting AS p"
            f" JOIN _cleaned AS c ON c.original = {ORIGINAL} JOIN _made AS m USING (text) ORDER BY p.posting_no"
        )
        con.unregister("_made")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE _text AS"
        " SELECT row_number() OVER (ORDER BY c.text) - 1 AS text_no, c.text,"
        f" any_value(coalesce(CASE WHEN k.version = '{SIGNATURE_VERSION}' THEN k.signature END, s.signature))"
        " AS signature"
        " FROM _side AS s JOIN _cleaned AS c USING (original)"
        " LEFT JOIN posting_signature AS k ON k.posting_no = s.posting_no GROUP BY c.text ORDER BY text_no"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE _side AS"
        " SELECT s.* EXCLUDE (original, signature), x.text_no, length(x.text) AS text_length"
        " FROM _side AS s JOIN _cleaned AS c USING (original) JOIN _text AS x USING (text)"
    )
    con.unregister("_cleaned")
    unsigned = con.execute("SELECT text_no AS posting_no, text FROM _text WHERE signature IS NULL").to_arrow_table()
    if unsigned.num_rows:
        con.register("_made", signatures(unsigned))
        con.execute("UPDATE _text SET signature = m.signature FROM _made AS m WHERE m.posting_no = text_no")
        con.unregister("_made")


def _propose(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``_text_pair``: pairs of distinct texts of one employer that share a band."""
    con.execute(_PROPOSE)


def _measure(con: duckdb.DuckDBPyConnection) -> None:
    """Keeps the pairs of at least NEAR similarity and adds each text as the pair of itself."""
    texts = con.execute("SELECT text FROM _text ORDER BY text_no").to_arrow_table().column("text").combine_chunks()
    pairs = con.execute("SELECT text_a, text_b FROM _text_pair").to_arrow_table()
    left, right = (pairs.column(name).to_numpy().astype(np.int64) for name in ("text_a", "text_b"))
    measured = pa.table({"text_a": left, "text_b": right, "similarity": jaccard(texts, left, right)})
    con.register("_measured", measured)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE _text_pair AS"
        f" SELECT * FROM _measured WHERE similarity >= {NEAR}"
        f" UNION ALL SELECT text_b, text_a, similarity FROM _measured WHERE similarity >= {NEAR}"
        " UNION ALL SELECT text_no, text_no, 1.0 FROM _text"
    )
    con.unregister("_measured")


#: what is compared, before the clean-up
ORIGINAL = "coalesce(title, '') || chr(10) || coalesce(duties, '') || chr(10) || coalesce(requirements, '')"
_NOBODY_SQL = ", ".join(f"'{name}'" for name in _NOBODY)


def _side(number: str, closed: str, signature: str, table: str) -> str:
    """SELECT of one side in the form that pairs are made of. Dates without an end get the validity of two months.

    A number that is no registration number (wrong length, all zeros) identifies nobody: the cleaned name does then.
    """
    digits = "regexp_replace(business_no, '[^0-9]', '', 'g')"
    return f"""
    SELECT
        {number} AS posting_no, source_id, posting_id, submitted_date,
        least(
            CASE WHEN close_date >= submitted_date AND year(close_date) < 9999 THEN close_date
                ELSE submitted_date + INTERVAL 2 MONTH END,
            {closed}
        )::DATE AS open_until,
        CASE WHEN regexp_full_match({digits}, '[0-9]{{10}}') AND {digits} <> '0000000000' THEN {digits} END
            AS employer_no,
        regexp_replace(lower(replace(employer_name, '㈜', '(주)')), '{_LEGAL_FORM}', '', 'g') AS employer_name,
        occupation_scheme || ':' || occupation_code AS occupation,
        nullif(regexp_replace(lower(work_address), '[\\s[:punct:]]', '', 'g'), '') AS address,
        country_code || ':' || region_code AS region,
        nullif(trim(requisition_id), '') AS requisition_id,
        trim(coalesce(duties, '') || coalesce(requirements, '')) <> '' AS has_text,
        {ORIGINAL} AS original, {signature} AS signature
    FROM {table}"""


def _sides(closed: str, signature: str) -> str:
    newer = _side("posting_no", "NULL::DATE", "NULL::UBIGINT[]", "posting")
    older = _side("NULL::BIGINT", closed, signature, "earlier_posting")
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

-- what ended long before is nothing that comes again: most of a register's history is left out here
SELECT row_number() OVER () AS side_no, k.*
FROM keyed AS k JOIN blocks AS b USING (employer_key)
WHERE k.posting_no IS NOT NULL OR k.open_until >= b.first_new - {REPOST_DAYS}
"""


_PROPOSE = """
CREATE OR REPLACE TEMP TABLE _text_pair AS
WITH members AS (SELECT DISTINCT employer_key, text_no FROM _side),

crowded AS (SELECT employer_key FROM members GROUP BY employer_key HAVING count(*) > 1),

bands AS (
    SELECT employer_key, text_no, generate_subscripts(signature, 1) AS band, unnest(signature) AS band_key
    FROM members JOIN crowded USING (employer_key) JOIN _text USING (text_no)
)

SELECT DISTINCT a.text_no AS text_a, b.text_no AS text_b
FROM bands AS a
JOIN bands AS b
    ON b.employer_key = a.employer_key AND b.band = a.band AND b.band_key = a.band_key AND a.text_no < b.text_no
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
