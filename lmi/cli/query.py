"""``lmi query``: read-only SQL on the analysts' file of the current release."""

from __future__ import annotations

import sys
from decimal import Decimal

import duckdb
import pyarrow as pa
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lmi.cli.exits import DataFailure, out
from lmi.core.inert import inert, inert_json
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
        answer.to_pandas().rename(columns=inert).map(_inert).to_csv(sys.stdout, index=False, lineterminator="\r\n")
    elif form == "json":
        told = answer.to_pandas().to_json(orient="records", date_format="iso", force_ascii=False)
        sys.stdout.write(inert_json(told.encode()).decode() + "\n")
    else:
        _print_table(answer, limit)


def _print_table(answer: pa.Table, limit: int) -> None:
    """A table when it fits the screen, else one record under another; a pipe gets every column in full."""
    shown = answer if not limit else answer.slice(0, limit)
    rows = [{name: _text(value) for name, value in row.items()} for row in shown.to_pylist()]
    widths = [max([len(name), *(cell_len(row[name]) for row in rows)]) + 3 for name in answer.column_names]
    console = out if out.is_terminal else Console(width=max(80, sum(widths) + 1))
    if sum(widths) + 1 <= console.width:
        table = Table(*answer.column_names)
        for row in rows:
            table.add_row(*map(escape, row.values()))
        console.print(table)
    else:
        for number, row in enumerate(rows, start=1):
            table = Table("column", "value", title=f"row {number}", title_justify="left")
            for name, value in row.items():
                table.add_row(name, escape(value))
            console.print(table)
    if shown.num_rows < answer.num_rows:
        console.print(f"{shown.num_rows} of {answer.num_rows:,} rows; all of them with --limit 0.")


def _inert(value: object) -> object:
    return inert(value) if isinstance(value, str) else value


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
