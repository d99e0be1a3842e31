"""SQL text that turns delivered text into typed values; the same rules at landing and when a load is replayed.

A value that does not cast becomes NULL and is remembered beside the row, never guessed: DuckDB alone would read ``1.5``
as the integer 2 and ``1_000`` as a number.
"""

from __future__ import annotations

from ingest.registry import Column

_INTEGER = r"[+-]?[0-9]{1,18}"
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
_TIMESTAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_TRUE = ("true", "t", "y", "1")
_FALSE = ("false", "f", "n", "0")

#: stands for a value that must not be shown
MASKED = "***"


def ident(name: str) -> str:
    """Quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _strings(values: tuple[str, ...]) -> str:
    return ", ".join(literal(v) for v in values)


def _timestamp_sql(column: Column, text: str, timezone: str) -> str:
    default = (
        f"CASE WHEN regexp_full_match({text}, {literal(_TIMESTAMP + _OFFSET)}) THEN try_cast({text} AS TIMESTAMPTZ)"
        f" WHEN regexp_full_match({text}, {literal(_TIMESTAMP)})"
        f" THEN try_cast({text} AS TIMESTAMP) AT TIME ZONE {literal(timezone)} END"
    )
    if not column.formats:
        return default
    parsed = []
    for form in column.formats:
        zoned = "%z" in form or "%Z" in form
        call = f"try_strptime({text}, {literal(form)})"
        parsed.append(call if zoned else f"({call} AT TIME ZONE {literal(timezone)})")
    return f"coalesce({', '.join(parsed)}, {default})"


def cast_sql(column: Column, text: str, timezone: str) -> str:
    """Typed value of trimmed ``text`` (a SQL expression), NULL when it does not cast. Naive instants get ``timezone``.

    Own formats of the contract come first, ISO 8601 is always understood.
    """
    kind = column.logical_type
    if kind == "string":
        return text
    if kind == "integer":
        return f"CASE WHEN regexp_full_match({text}, {literal(_INTEGER)}) THEN try_cast({text} AS BIGINT) END"
    if kind == "number":
        return f"CASE WHEN regexp_full_match({text}, {literal(_NUMBER)}) THEN try_cast({text} AS DOUBLE) END"
    if kind == "boolean":
        return (
            f"CASE WHEN lower({text}) IN ({_strings(_TRUE)}) THEN true"
            f" WHEN lower({text}) IN ({_strings(_FALSE)}) THEN false END"
        )
    if kind == "date":
        formats = dict.fromkeys((*column.formats, "%Y-%m-%d"))
        return f"try_strptime({text}, [{_strings(tuple(formats))}])::DATE"
    if kind == "timestamp":
        return _timestamp_sql(column, text, timezone)
    if kind == "json":
        return f"CASE WHEN json_valid({text}) THEN {text} END"
    raise ValueError(f"column {column.name}: no cast for logical type {kind}")
