"""What a provider holds at one moment: an Arrow table of texts as they go on the wire."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from sandbox.server.contracts import Column, Contract

Row = dict[str, str | None]
V = TypeVar("V")


def _wire_text(column: Column, kind: str) -> str:
    """SQL that renders one provider column as the text the provider sends."""
    name = f'"{column.name}"'
    if kind == "DATE":
        return f"strftime({name}, '{column.formats[0] if column.formats else '%Y-%m-%d'}')"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({name}, '{column.formats[0] if column.formats else '%Y-%m-%dT%H:%M:%S'}')"
    if kind == "BOOLEAN":
        return f"CASE {name} WHEN true THEN 'Y' WHEN false THEN 'N' END"
    if kind in {"DOUBLE", "FLOAT"} or kind.startswith("DECIMAL"):
        return rf"regexp_replace(CAST({name} AS VARCHAR), '\.0+$', '')"
    return f"CAST({name} AS VARCHAR)"


def load_rows(path: Path, contract: Contract, now: datetime, order_by: str) -> pa.Table:
    """Rows of a provider file that are visible at ``now`` (KST, naive), as texts.

    Columns are the contract's (those on the wire, by contract name, all strings; NULL where the file lacks one).
    A file without ``_visible_from``/``_visible_to`` is visible at any time. ``order_by`` is SQL over those columns.
    """
    # Literals, no bound parameters: binding imports pandas, most of a second in the first request.
    file = "read_parquet('" + str(path).replace("'", "''") + "')"
    con = duckdb.connect(config={"threads": 2})
    try:
        kinds = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()}
        texts = ", ".join(
            (_wire_text(c, kinds[c.name]) if c.name in kinds else "CAST(NULL AS VARCHAR)") + f' AS "{c.name}"'
            for c in contract.columns
        )
        where = "true"
        if "_visible_from" in kinds:
            moment = f"TIMESTAMP '{now.isoformat(sep=' ')}'"
            where = f"_visible_from <= {moment} AND (_visible_to IS NULL OR _visible_to > {moment})"
        return con.execute(
            f"SELECT * FROM (SELECT {texts} FROM {file} WHERE {where}) ORDER BY {order_by}"
        ).to_arrow_table()
    finally:
        con.close()


def texts(table: pa.Table, column: str) -> np.ndarray:
    """One column as a numpy text array (NULL is ''), for filters over all rows at once."""
    return np.array([text or "" for text in table.column(column).to_pylist()], dtype=str)


def take(table: pa.Table, columns: Sequence[Column], index: Sequence[int] | np.ndarray) -> list[Row]:
    """Rows by position as ``{wire name: text}``, in the order of ``index``."""
    at = np.ascontiguousarray(index, dtype=np.int64)
    # from_buffers, because pa.array() imports pandas too
    positions = pa.Array.from_buffers(pa.int64(), len(at), [None, pa.py_buffer(at)])
    part = table.select([c.name for c in columns]).take(positions)
    wires = [c.wire for c in columns]
    return [
        dict(zip(wires, values, strict=True)) for values in zip(*(c.to_pylist() for c in part.columns), strict=True)
    ]


class AtClock(Generic[V]):
    """A value built from the provider's file once per clock setting and kept until the clock moves."""

    def __init__(self, build: Callable[[datetime], V]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._kept: tuple[datetime, V] | None = None

    def at(self, now: datetime) -> V:
        with self._lock:
            if self._kept is None or self._kept[0] != now:
                self._kept = None  # free the old rows before the new ones are read
                self._kept = (now, self._build(now))
            return self._kept[1]
