"""What came of a load: its postings are judged in parts, so that years of history need no more memory than a day.

Tables after each part: ``decision``, ``finding``, ``coverage`` of the judge and ``twin``. Tables of the whole load, of
the same names, and ``link`` (the twins, by record): what is guarded, summed up and written.
"""

from __future__ import annotations

import duckdb

FINDING_ORDER = (
    "record_hash, rule_number, code, signal NULLS FIRST, evidence_field NULLS FIRST, span_start NULLS FIRST,"
    " span_end NULLS FIRST, quote"
)
COVERAGE_ORDER = "source_id, rule_number, outcome, reason NULLS FIRST"
#: table -> what it takes from a part, how the parts make a whole
_PARTS = {
    "decision": ("FROM decision", "SELECT * FROM {} ORDER BY record_hash"),
    "finding": ("FROM finding", f"SELECT * FROM {{}} ORDER BY {FINDING_ORDER}"),
    "coverage": (
        "FROM coverage",
        "SELECT source_id, rule_number, rule_id, outcome, reason, sum(postings)::BIGINT AS postings FROM {}"
        f" GROUP BY ALL ORDER BY {COVERAGE_ORDER}",
    ),
    "link": (
        "SELECT p.source_id, p.record_hash, p.posting_id, t.twin_source_id, t.twin_posting_id, t.kind, t.similarity"
        " FROM twin AS t JOIN posting AS p USING (posting_no)",
        "SELECT * FROM {} ORDER BY record_hash, twin_source_id, twin_posting_id, kind",
    ),
}


class Outcome:
    """Gathers the parts of one load."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        for table in _PARTS:
            con.execute(f"DROP TABLE IF EXISTS part_{table}")

    def take(self) -> None:
        """The part that was judged last."""
        for table, (query, _) in _PARTS.items():
            self._con.execute(f"CREATE TABLE IF NOT EXISTS part_{table} AS FROM ({query}) LIMIT 0")
            self._con.execute(f"INSERT INTO part_{table} BY NAME {query}")

    def whole(self) -> None:
        """The tables of the whole load."""
        for table, (_, query) in _PARTS.items():
            self._con.execute(f"CREATE OR REPLACE TABLE {table} AS {query.format(f'part_{table}')}")
            self._con.execute(f"DROP TABLE part_{table}")
