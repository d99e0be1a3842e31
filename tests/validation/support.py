"""Deliveries made in a test, for any contract of the registry: good rows, and rows that break exactly one promise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.delivery import Delivery, FetchContext, MalformedRow, RawFile
from ingest.landing import Landed, land
from ingest.registry import Column, Source
from lmi.core.keys import load_keys
from lmi.core.paths import Paths
from lmi.core.settings import load_settings
from validation.contracts import Check

DAY = date(2026, 10, 1)
NOW = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)

Row = dict[str, str | None]


def context_in(folder: Path) -> FetchContext:
    settings = load_settings({}, profile="sandbox", home=folder / "home", memory_limit="1GB")
    return FetchContext(settings, Paths.of(settings), load_keys(settings))


def resident_no(n: int) -> str:
    """A resident number that nobody has: the serial is a counter."""
    return f"{60 + n % 40:02d}{1 + n % 12:02d}{1 + n % 28:02d}-{1 + n % 2}{n % 1_000_000:06d}"


def _sample(tokens: Any, n: int) -> str:
    """Text that matches a parsed pattern; runs of digits count up with ``n``."""
    parts = []
    for kind, value in tokens:
        name = str(kind)
        if name == "LITERAL":
            parts.append(chr(value))
        elif name == "IN":
            first, what = value[0]
            parts.append({"LITERAL": chr, "RANGE": lambda r: chr(r[0]), "CATEGORY": lambda _: "1"}[str(first)](what))
        elif name == "MAX_REPEAT":
            low, high, inner = value
            count = max(low, min(int(high), 11)) if "CATEGORY" in str(inner) else max(low, 1)
            parts.append(f"{n:0{count}d}"[-count:] if "CATEGORY" in str(inner) else _sample(inner, n) * count)
        elif name == "SUBPATTERN":
            parts.append(_sample(value[-1], n))
        elif name == "BRANCH":
            parts.append(_sample(value[1][0], n))
        elif name != "AT":
            raise ValueError(f"no sample for {name}")
    return "".join(parts)


def good_value(column: Column, n: int) -> str:
    if column.values:
        return column.values[n % len(column.values)]
    if column.pattern:
        return _sample(re._parser.parse(column.pattern), n)  # type: ignore[attr-defined]
    if column.door.token == "person":
        return resident_no(n)
    if column.door.token == "phone":
        return f"010-{1000 + n % 9000}-5678"
    if column.door.token == "email":
        return f"person{n}@example.kr"
    number = int(max(column.minimum or 0, min(n, column.maximum if column.maximum is not None else n)))
    plain = {"integer": str(number), "number": str(number), "boolean": "Y", "json": f"[{n}]"}
    if column.logical_type in plain:
        return plain[column.logical_type]
    moment = datetime(2026, 9, 1 + n % 28, 12, n % 60, n % 60)
    if column.logical_type == "date":
        return moment.strftime(column.formats[0] if column.formats else "%Y-%m-%d")
    if column.logical_type == "timestamp":
        return moment.strftime(column.formats[0] if column.formats else "%Y-%m-%d %H:%M:%S")
    return f"{column.name} {n}"


def good_row(source: Source, n: int) -> Row:
    return {c.name: good_value(c, n) for c in source.columns}


_NOT_A = {
    "integer": "1.5",
    "number": "1_000",
    "boolean": "maybe",
    "date": "2026-02-30",
    "timestamp": "yesterday",
    "json": "{",
}


def broken_row(source: Source, check: Check, n: int) -> Row:
    """A good row with one value that breaks exactly this check."""
    column = check.column
    mutations: dict[str, Callable[[], str | None]] = {
        "key": lambda: None,
        "required": lambda: None,
        "cast": lambda: _NOT_A[column.logical_type],
        "values": lambda: "no such value",
        "pattern": lambda: "!",
        "minimum": lambda: str(int(column.minimum or 0) - 1),
        "maximum": lambda: str(int(column.maximum or 0) + 1),
        "resident_no_format": lambda: "900231-1234567",
        "phone_format": lambda: "없음",
        "email_format": lambda: "없음",
    }
    return {**good_row(source, n), column.name: mutations[check.rule]()}


def batches(source: Source, rows: Iterable[Row], size: int = 1000) -> Iterable[pa.RecordBatch]:
    rows = list(rows)
    names = [c.name for c in source.columns]
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        arrays = [pa.array([row.get(name) for row in part], pa.string()) for name in names]
        arrays += [
            pa.array([1] * len(part), pa.int64()),
            pa.array(range(start + 1, start + 1 + len(part)), pa.int64()),
        ]
        yield pa.RecordBatch.from_arrays(arrays, names=[*names, "_page", "_row"])


def delivery_of(source: Source, rows: Iterable[Row], **facts: Any) -> Delivery:
    given: dict[str, Any] = {
        "delivery_date": DAY,
        "columns_seen": {c.name for c in source.columns},
        "raw_files": [RawFile("delivery.csv", b"as delivered")],
    }
    return Delivery(source, batches=iter(batches(source, rows)), **{**given, **facts})


def landed_in(context: FetchContext, source: Source, rows: Iterable[Row], **facts: Any) -> Landed:
    return land(delivery_of(source, rows, **facts), context, NOW, "test")


def malformed(count: int) -> list[MalformedRow]:
    return [MalformedRow(1, 1_000_000 + n, "13 values, 12 columns") for n in range(count)]
