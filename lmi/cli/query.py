"""``lmi query``: read-only SQL on the analysts' file of the current release."""

from __future__ import annotations

import sys

import duckdb
from rich.table import Table

from lmi.cli.exits import DataFailure, out
from lmi.core.paths import Paths
from lmi.core.release import Release, require_current
from lmi.core.settings import SettingError, Settings

FORMATS = ("table", "csv", "json")


def open_marts(release: Release) -> duckdb.DuckDBPyConnection:
    """Read-only connection that can reach nothing but this release's marts."""
    con = duckdb.connect(str(release.marts), read_only=True)
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def run_query(settings: Settings, sql: str, form: str, limit: int) -> None:
    """Print the answer. Raises SettingError for an unknown format, DataFailure when DuckDB refuses the query."""
    if form not in FORMATS:
        raise SettingError(f"--format {form} is unknown; use one of {', '.join(FORMATS)}.")
    with open_marts(require_current(Paths.of(settings))) as con:
        try:
            answer = con.execute(sql).to_arrow_table()
        except duckdb.Error as error:
            raise DataFailure(f'{error}\nTables: lmi query "select distinct table_name from data_dictionary"') from None
    if form == "csv":
        answer.to_pandas().to_csv(sys.stdout, index=False)
    elif form == "json":
        sys.stdout.write(answer.to_pandas().to_json(orient="records", date_format="iso", force_ascii=False) + "\n")
    else:
        shown = answer if not limit else answer.slice(0, limit)
        table = Table(*(name for name in answer.column_names))
        for row in shown.to_pylist():
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        out.print(table)
        if shown.num_rows < answer.num_rows:
            out.print(f"{shown.num_rows} of {answer.num_rows:,} rows; all of them with --limit 0.")
