"""Landed rows as the present contract reads them.

A load keeps the types it was landed with. When the contract has changed since (another type, another format), values
are typed again from what was landed: the typed value where there is one, the text in ``_uncast`` where there is none.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingest.registry import Column, LandedColumn, Source
from ingest.typing_sql import MASKED, cast_sql, ident, literal
from validation.contracts import ROW_NUMBER, checks_of, frame_columns, uncast_name

#: columns of accepted files beside the contract's
TECHNICAL = ("_source", "_load_id", "_delivery_date", "_fetched_at", "_page", "_row", "_record_hash")


def _delivered(column: Column) -> str:
    """Text of a value that did not cast when it landed."""
    return f"json_extract_string(_uncast, {literal('$.' + column.name)})"


def _value(landed: LandedColumn, stored: dict[str, str], timezone: str) -> str:
    """The landed column under the present contract; NULL when it was not landed."""
    name, column = ident(landed.name), landed.contract
    if landed.name not in stored:
        return f"NULL::{landed.duckdb_type}"
    if landed.name != column.name:  # made at the door from a value that is gone
        return f"try_cast({name} AS {landed.duckdb_type})"
    again = f"CASE WHEN _uncast IS NOT NULL THEN {cast_sql(column, _delivered(column), timezone)} END"
    if stored[landed.name] == _stored_type(landed):
        return f"coalesce({name}, {again})" if column.logical_type != "string" else name
    return f"coalesce({cast_sql(column, f'{name}::VARCHAR', timezone)}, {again})"


def _stored_type(landed: LandedColumn) -> str:
    return "TIMESTAMP WITH TIME ZONE" if landed.duckdb_type == "TIMESTAMPTZ" else landed.duckdb_type


def create_views(con: duckdb.DuckDBPyConnection, rows: Path, source: Source, timezone: str) -> None:
    """View ``landed``: contract and technical columns, ``_uncast``, row number ``_n``, and for each contract column
    ``<column>__uncast``. View ``checked``: only what the checks need. ``timezone`` is that of naive instants.
    """
    zone = source.timezone or timezone
    file = f"read_parquet({literal(str(rows))}, file_row_number = true)"
    stored = {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()}
    values = [f"{_value(lc, stored, zone)} AS {ident(lc.name)}" for lc in source.landed_columns]
    landed = {lc.name: lc for lc in source.landed_columns}
    texts = [f"{_text(c, landed, stored)} AS {ident(_text_name(c))}" for c in source.columns]
    typed = ", ".join([*values, *texts, *TECHNICAL, "_uncast", f"file_row_number AS {ROW_NUMBER}"])
    flags = []
    for c in source.columns:
        missing = f" AND {ident(c.name)} IS NULL" if c.name in landed else ""
        flags.append(f"{ident(_text_name(c))} IS NOT NULL{missing} AS {ident(uncast_name(c))}")
    con.execute(f"CREATE VIEW landed AS SELECT {', '.join(['*', *flags])} FROM (SELECT {typed} FROM {file})")
    needed = ", ".join([*(ident(n) for n in frame_columns(checks_of(source))), ROW_NUMBER])
    con.execute(f"CREATE VIEW checked AS SELECT {needed} FROM landed")


def _text_name(column: Column) -> str:
    return f"{column.name}__text"


def _text(column: Column, landed: dict[str, LandedColumn], stored: dict[str, str]) -> str:
    """Text of a value that has to be read again: it did not cast at landing, or has another type in this contract."""
    delivered = f"CASE WHEN _uncast IS NOT NULL THEN {_delivered(column)} END"
    if column.name in landed and stored.get(column.name, "") not in ("", _stored_type(landed[column.name])):
        return f"coalesce({ident(column.name)}::VARCHAR, {delivered})"
    return delivered


def shown_sql(column: Column, landed: set[str]) -> str:
    """The value of a failing row as a person may see it: masked unless the column is of class ``none``."""
    if column.name not in landed:
        return literal(MASKED)
    value = f"coalesce({ident(_text_name(column))}, {ident(column.name)}::VARCHAR)"
    if column.classification != "none":
        return f"CASE WHEN {value} IS NOT NULL THEN {literal(MASKED)} END"
    return value
