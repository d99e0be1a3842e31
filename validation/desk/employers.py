"""The employers of what waits: their latest postings, and what the registers last said of them by the desk's day,
whichever rule fired or none.

The rules ask the registers for the day of a posting (``validation/vetting/employers.py``); a reviewer calls today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from ingest.registry import Source
from ingest.typing_sql import literal
from lmi.core.paths import Paths
from validation.accepted import accepted_loads
from validation.desk.store import Row
from validation.vetting.context import as_known, load_register
from validation.vetting.employers import business_digits_sql

HISTORY_ROWS = 15
REGISTERS = ("business_status", "insured_headcounts", "wage_arrears")


@dataclass(frozen=True)
class Employer:
    """``history``: latest postings with the machine's decision and what people decided. ``registers``: the last answer
    of each register that knows the employer: register, value (text; of wage arrears the list, NULL when on none), since
    (day of closing or listing, or NULL) and as_of (day of the look-up; of the list, of its last delivery).
    """

    name: str
    history: list[Row]
    registers: list[Row]


def employer_key(posting: Mapping[str, Any]) -> str:
    """Registration number, else the name without blanks and legal form; the posting itself when it names nobody."""
    number = "".join(c for c in posting["business_no"] or "" if c.isdigit())
    name = "".join((posting["employer_name"] or "").replace("주식회사", "").replace("㈜", "").split()).lower()
    return number or name or f"{posting['source_id']}/{posting['posting_id']}"


def employers_of(
    con: duckdb.DuckDBPyConnection,
    paths: Paths,
    sources: Mapping[str, Source],
    today: date,
    postings: Sequence[Row],
) -> dict[str, Employer]:
    """Employer key -> employer of these postings. Reads the tables of ``load_vetted``. Raises LandingError."""
    wanted = {employer_key(row): row for row in postings}
    names = pa.table({
        "business_no": pa.array([row["business_no"] for row in wanted.values()], pa.string()),
        "employer_name": pa.array([row["employer_name"] for row in wanted.values()], pa.string()),
    })  # fmt: skip
    con.register("_wanted", names)
    rows = con.execute(
        f"""
        WITH people AS (
            SELECT book, posting_id, arg_max(decision, decided_at) AS people_decision
            FROM verdict WHERE step_code IN ('S1_OFFICE', 'S2_CALLCENTER') GROUP BY book, posting_id
        )

        SELECT p.source_id, p.posting_id, p.business_no, p.employer_name, p.submitted_date::VARCHAR AS submitted_date,
            p.title, d.decision, d.reasons, people.people_decision
        FROM posting AS p LEFT JOIN decision AS d USING (source_id, record_hash) JOIN book USING (source_id)
        LEFT JOIN people USING (book, posting_id)
        WHERE p.business_no IN (SELECT business_no FROM _wanted)
            OR p.employer_name IN (SELECT employer_name FROM _wanted)
        QUALIFY row_number() OVER (
            PARTITION BY coalesce(p.business_no, p.employer_name) ORDER BY p.submitted_date DESC, p.posting_id DESC
        ) <= {HISTORY_ROWS}
        ORDER BY p.submitted_date DESC, p.posting_id DESC
        """
    ).to_arrow_table()
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows.to_pylist():
        found[employer_key(row)].append({k: v for k, v in row.items() if k not in ("business_no", "employer_name")})
    answers = _register_answers(con, paths, sources, today)
    con.unregister("_wanted")
    return {key: Employer(row["employer_name"] or "", found[key], answers.get(key, [])) for key, row in wanted.items()}


def _register_answers(
    con: duckdb.DuckDBPyConnection, paths: Paths, sources: Mapping[str, Source], today: date
) -> dict[str, list[Row]]:
    """Business registration number, digits only -> answers. Reads ``_wanted``."""
    delivered = None
    for register in REGISTERS:
        providers = [source for source in sources.values() if source.entity == register]
        loads = [(source, accepted_loads(paths, source.id, today)) for source in providers]
        load_register(con, register, loads)
        con.execute(f"CREATE OR REPLACE VIEW known_{register} AS {as_known(register, _day(today))}")
        if register == "wage_arrears":
            delivered = max((load.delivery_date for _, accepted in loads for load in accepted), default=None)
    rows = con.execute(_answers(today, delivered)).to_arrow_table()
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows.to_pylist():
        found[row.pop("business_no")].append(row)
    return found


def _day(day: date | None) -> str:
    return f"{literal(day.isoformat())}::DATE" if day else "NULL::DATE"


def _answers(today: date, delivered: date | None) -> str:
    return f"""
    WITH employers AS (
        SELECT DISTINCT {business_digits_sql("business_no")} AS business_no FROM _wanted
    ),

    status AS (
        SELECT business_no, coalesce(status_code, '') AS value, closed_date AS since, checked_date AS as_of
        FROM known_business_status SEMI JOIN employers USING (business_no)
        WHERE checked_date <= {_day(today)}
        QUALIFY row_number() OVER (
            PARTITION BY business_no ORDER BY checked_date DESC, delivery_date DESC, record_hash
        ) = 1
    ),

    -- employment insurance (2) counts persons; accident insurance (1) stands in where the employer has none
    headcounts AS (
        SELECT business_no, checked_date AS as_of,
            coalesce(sum(headcount) FILTER (WHERE insurance_kind_code = '2'), sum(headcount))::BIGINT AS headcount
        FROM (
            SELECT DISTINCT * EXCLUDE (delivery_date, record_hash, version_at)
            FROM known_insured_headcounts SEMI JOIN employers USING (business_no)
            WHERE checked_date <= {_day(today)}
        )
        GROUP BY business_no, checked_date
        QUALIFY row_number() OVER (PARTITION BY business_no ORDER BY checked_date DESC) = 1
    ),

    arrears AS (
        SELECT business_no, max_by(list_id, (listed_from, list_id)) AS list_id, max(listed_from) AS listed_from
        FROM known_wage_arrears
        WHERE {_day(today)} BETWEEN listed_from AND coalesce(listed_to, DATE '9999-12-31')
        GROUP BY business_no
    ),

    answers AS (
        SELECT business_no, 'business_status' AS register, value, since, as_of FROM status
        UNION ALL
        SELECT business_no, 'insured_headcounts', headcount::VARCHAR, NULL, as_of FROM headcounts
        WHERE headcount IS NOT NULL
        UNION ALL
        SELECT business_no, 'wage_arrears', list_id, listed_from, {_day(delivered)}
        FROM employers LEFT JOIN arrears USING (business_no)
        WHERE business_no IS NOT NULL AND {_day(delivered)} IS NOT NULL
    )

    SELECT business_no, register, value, since::VARCHAR AS since, as_of::VARCHAR AS as_of
    FROM answers ORDER BY business_no, register
    """
