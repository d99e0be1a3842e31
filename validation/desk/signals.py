"""Signals of step 4 that wait for a person, as the current release has them.

The release is only read, like any report; what people answer comes back as landed rows. Without one nothing waits.
"""

from __future__ import annotations

import duckdb

from ingest.typing_sql import literal
from lmi.core.paths import Paths
from lmi.core.release import current

FACT = "fct_posting_signal"
#: risk of a posting by the strength of a signal that it is gone; several add up as findings do
STRENGTHS = {"weak": 0.3, "probable": 0.5, "strong": 0.8, "certain": 1.0}
#: what of a signal the desk keeps
KEPT = (
    "signal", "signal_date", "strength", "label_ko", "label_en", "seen_from_ko", "seen_from_en", "evidence",
)  # fmt: skip


def load_signals(con: duckdb.DuckDBPyConnection, paths: Paths) -> None:
    """Table ``signal``: ``vacancy_key`` (book and posting id, as in ``load_vetted``) and the columns ``KEPT``."""
    con.execute(
        "CREATE TABLE signal (vacancy_key VARCHAR, signal_date DATE, "
        + ", ".join(f"{name} VARCHAR" for name in KEPT if name != "signal_date")
        + ")"
    )
    release = current(paths)
    if release is None or not release.warehouse.is_file():
        return
    con.execute(f"ATTACH {literal(str(release.warehouse))} AS release (READ_ONLY)")
    there = con.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'release' AND schema_name = 'core' AND table_name = ?",
        [FACT],
    ).fetchone()
    if there:  # a release of older code has no such table
        names = ", ".join(("vacancy_key", *KEPT))
        con.execute(f"INSERT INTO signal BY NAME SELECT {names} FROM release.core.{FACT} WHERE is_waiting")
    con.execute("DETACH release")
