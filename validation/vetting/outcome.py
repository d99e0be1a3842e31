"""What came of a load: its postings are judged in parts, so that years of history need no more memory than a day.

Tables after each part: ``decision``, ``finding``, ``coverage`` of the judge and ``twin``. Tables of the whole load, of
the same names, and ``link`` (the twins, by record): what is guarded, summed up and written.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from validation.vetting.rules import RuleSet

NOT_IN_FORCE = "NOT_IN_FORCE"
SEVERITY_RANK = "CASE severity WHEN 'reject' THEN 3 WHEN 'hold' THEN 2 ELSE 1 END"

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


def write_coverage(con: duckdb.DuckDBPyConnection, rules: RuleSet, barred: Mapping[int, str | None]) -> None:
    """Writes ``coverage`` of a part from ``posting`` and ``raised``: every rule and posting has exactly one outcome.

    ``barred``: by number of each rule, why it did not run on these postings at all, or None.
    """
    rows = [(r.number, r.id, barred[r.number], r.valid_from, r.valid_to) for r in rules.rules]
    table = pa.table(
        {
            "rule_number": pa.array([row[0] for row in rows], pa.int32()),
            "rule_id": pa.array([row[1] for row in rows], pa.string()),
            "barred": pa.array([row[2] for row in rows], pa.string()),
            "valid_from": pa.array([row[3] for row in rows], pa.date32()),
            "valid_to": pa.array([row[4] for row in rows], pa.date32()),
        }
    )
    con.register("_rule", table)
    con.execute(
        f"""
        CREATE OR REPLACE TABLE coverage AS
        WITH worst AS (
            SELECT posting_no, rule_number, max({SEVERITY_RANK}) AS rank,
                bool_and(outcome = 'undetermined') AS is_undetermined, any_value(reason) AS reason
            FROM raised GROUP BY posting_no, rule_number
        ),

        days AS (SELECT source_id, submitted_date, count(*) AS postings FROM posting GROUP BY ALL),

        -- all postings by rule, in and out of force; those with a finding are taken out of the passed
        stands AS (
            SELECT d.source_id, r.rule_number, r.rule_id,
                CASE WHEN r.barred IS NOT NULL THEN r.barred
                    WHEN d.submitted_date NOT BETWEEN r.valid_from AND coalesce(r.valid_to, DATE '9999-12-31')
                        THEN '{NOT_IN_FORCE}' END AS reason,
                sum(d.postings) AS postings
            FROM days AS d CROSS JOIN _rule AS r GROUP BY ALL
        ),

        found AS (
            SELECT p.source_id, w.rule_number, r.rule_id,
                CASE WHEN w.is_undetermined THEN 'undetermined'
                    WHEN w.rank = 3 THEN 'reject' WHEN w.rank = 2 THEN 'hold' ELSE 'warn' END AS outcome,
                CASE WHEN w.is_undetermined THEN w.reason END AS reason, count(*) AS postings
            FROM worst AS w JOIN posting AS p USING (posting_no) JOIN _rule AS r USING (rule_number)
            GROUP BY ALL
        )

        SELECT source_id, rule_number, rule_id, outcome, reason, postings::BIGINT AS postings FROM (
            SELECT s.source_id, s.rule_number, s.rule_id,
                CASE WHEN s.reason IS NULL THEN 'pass' ELSE 'not_applicable' END AS outcome, s.reason,
                s.postings - CASE WHEN s.reason IS DISTINCT FROM '{NOT_IN_FORCE}' THEN coalesce(
                    (SELECT sum(f.postings) FROM found AS f
                        WHERE f.source_id = s.source_id AND f.rule_number = s.rule_number), 0) ELSE 0 END AS postings
            FROM stands AS s
            UNION ALL SELECT * FROM found
        )
        WHERE postings > 0
        ORDER BY {COVERAGE_ORDER}
        """
    )
    con.unregister("_rule")
