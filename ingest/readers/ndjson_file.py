"""Newline-delimited JSON of any length as record batches of text, parsed by DuckDB chunk by chunk."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import duckdb
import numpy as np
import pyarrow as pa

from ingest.delivery import FetchError, MalformedRow
from ingest.readers.layout import Layout, Tally
from ingest.readers.text import Utf8Stream

_CHUNK = 4 << 20
_LINE_LIMIT = 16 << 20


def complete_lines(text: BinaryIO, name: str) -> Iterator[list[bytes]]:
    """Complete lines in chunks of about four megabytes."""
    rest = b""
    while chunk := text.read(_CHUNK):
        head, cut, tail = chunk.rpartition(b"\n")
        if not cut:
            rest += tail
        else:
            yield (rest + head).split(b"\n")
            rest = tail
        if len(rest) > _LINE_LIMIT:
            raise FetchError(
                "line_too_long",
                f"{name}: a line is longer than {_LINE_LIMIT} bytes; this is no NDJSON file.",
            )
    if rest:
        yield [rest]


def json_path(wire: str) -> str:
    """JSON path of a dotted wire name."""
    return "$" + "".join('."' + part.replace('"', '\\"') + '"' for part in wire.split("."))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


class _Query:
    """The one statement that cuts lines into contract columns."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        wires = layout.wires
        self._json = {c.name for c in layout.source.columns if c.logical_type == "json"}
        self.paths = [json_path(w) for w in wires.values()]
        parents = {w.rsplit(".", 1)[0] for w in wires.values() if "." in w}
        self._parents = sorted({p for parent in parents for p in self._prefixes(parent)})
        listed = ", ".join(map(_text, self.paths))
        columns = []
        for n, column in enumerate(wires, start=1):
            raw = f"raw[{n}]"
            value = f"nullif(CAST({raw} AS VARCHAR), 'null')" if column in self._json else f"{raw} ->> '$'"
            columns.append(f'{value} AS "{column}"')
        self.rows = (
            f"WITH parsed AS MATERIALIZED (SELECT row, json_extract(line, [{listed}]) AS raw FROM good)"
            f" SELECT row, {', '.join(columns)} FROM parsed ORDER BY row"
        )

    @staticmethod
    def _prefixes(path: str) -> list[str]:
        parts = path.split(".")
        return [".".join(parts[: n + 1]) for n in range(len(parts))]

    def columns_seen(self, con: duckdb.DuckDBPyConnection) -> set[str]:
        """Known columns that some line holds, and unknown names: top-level keys and keys beside nested known ones."""
        seen: set[str] = set()
        statement = "SELECT DISTINCT unnest(json_keys(line, ?)) FROM good WHERE json_type(line, ?) = 'OBJECT'"
        for parent in ["", *self._parents]:
            path = json_path(parent) if parent else "$"
            for (key,) in con.execute(statement, [path, path]).fetchall():
                dotted = f"{parent}.{key}" if parent else key
                if dotted in self._layout.columns:
                    seen.add(self._layout.columns[dotted])
                elif dotted not in self._parents and not key.startswith("@"):
                    seen.add(dotted)
        return seen


def read_ndjson(
    raw: BinaryIO, name: str, layout: Layout, spec: Mapping[str, Any], tally: Tally
) -> Iterator[pa.RecordBatch]:
    """Batches of an NDJSON stream; dotted wire names reach into objects. ``spec``: encoding (utf-8).

    Lists and objects become JSON text. A line that is no JSON object goes to ``tally.malformed``; blank lines do not
    count. JSON-LD keywords (``@type``) are no columns. Raises FetchError: bad_bytes, line_too_long.
    """
    text = cast(BinaryIO, io.BufferedReader(Utf8Stream(raw, spec.get("encoding", "utf-8"), name), 1 << 20))
    query = _Query(layout)
    con = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "400MB"})
    at = 0
    try:
        for lines in complete_lines(text, name):
            texts = pa.array(lines, pa.binary()).cast(pa.string())
            con.register(
                "chunk",
                pa.table({"line": texts, "n": np.arange(len(lines), dtype=np.int64)}),
            )
            con.execute(
                "CREATE OR REPLACE TEMP TABLE cut AS SELECT line, ? + row_number() OVER (ORDER BY n) AS row,"
                " CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS ok"
                " FROM chunk WHERE trim(line, ' \t\r') <> ''",
                [at],
            )
            con.unregister("chunk")
            at += len(con.execute("SELECT row FROM cut").fetchnumpy()["row"])
            for (row,) in con.execute("SELECT row FROM cut WHERE NOT ok ORDER BY row").fetchall():
                tally.malformed.append(MalformedRow(1, row, "the line is no JSON object"))
            con.execute("CREATE OR REPLACE TEMP VIEW good AS SELECT row, CAST(line AS JSON) AS line FROM cut WHERE ok")
            tally.columns_seen |= query.columns_seen(con)
            table = con.execute(query.rows).to_arrow_table().combine_chunks()
            if table.num_rows == 0:
                continue
            arrays = {c: table.column(c).combine_chunks().cast(pa.string()) for c in layout.wires}
            tally.rows += table.num_rows
            yield layout.batch(arrays, table.column("row").to_numpy())
    finally:
        con.close()
        text.close()
