"""Parsed answers (JSON or XML objects) as record batches of text, and JSON documents read from a file."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from ingest.delivery import FetchError, MalformedRow
from ingest.guards import Limits, read_all
from ingest.readers.layout import Layout, Tally
from ingest.readers.text import Utf8Stream

_MISSING = object()
_BATCH = 10_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def walk(record: Any, path: str) -> Any:
    """Value at a dotted path; a list of one on the way counts as its element. ``None`` when nothing is there."""
    value = _walk(record, path)
    return None if value is _MISSING else value


def _walk(record: Any, path: str) -> Any:
    value = record
    for part in path.split("."):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, Mapping) or part not in value:
            return _MISSING
        value = value[part]
    return value


def scalar_text(value: Any, logical_type: str = "string") -> str | None:
    """Text of a JSON value: scalars plain, true/false, lists and objects (and all of a json column) as JSON."""
    if value is None:
        return None
    if logical_type == "json" or isinstance(value, (Mapping, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def unknown_names(record: Mapping[str, Any], known: set[str], parents: set[str], parent: str = "") -> Iterator[str]:
    """Names in a record that no contract column reads; objects are entered only where a column reads inside them."""
    for key, value in record.items():
        if key.startswith("@"):
            continue  # JSON-LD keyword
        name = f"{parent}.{key}" if parent else key
        if name in parents:
            inner = value[0] if isinstance(value, list) and len(value) == 1 else value
            if isinstance(inner, Mapping):
                yield from unknown_names(inner, known, parents, name)
        elif name not in known:
            yield name


def parents_of(wires: Iterable[str]) -> set[str]:
    """All object names on the way to dotted wire names."""
    found: set[str] = set()
    for wire in wires:
        parts = wire.split(".")
        found |= {".".join(parts[:n]) for n in range(1, len(parts))}
    return found


def records_batch(
    records: Sequence[Mapping[str, Any]],
    rows: Sequence[int],
    page: int,
    layout: Layout,
    tally: Tally,
    *,
    ignore_unknown: Iterable[str] = (),
) -> pa.RecordBatch:
    """Batch of parsed objects; counts them and notes which columns they hold."""
    known, parents = (
        set(layout.columns) | set(ignore_unknown),
        parents_of(layout.columns),
    )
    arrays: dict[str, pa.Array] = {}
    for column in layout.source.columns:
        found = [_walk(record, layout.wires[column.name]) for record in records]
        if any(v is not _MISSING for v in found):
            tally.columns_seen.add(column.name)
        texts = [None if v is _MISSING else scalar_text(v, column.logical_type) for v in found]
        arrays[column.name] = pa.array(texts, pa.string())
    for record in records:
        tally.columns_seen.update(unknown_names(record, known, parents))
    tally.rows += len(records)
    return layout.batch(arrays, np.array(rows, dtype=np.int64), page)


def parse_json(data: bytes, name: str) -> Any:
    """Raises FetchError ``bad_json``; the message holds no text of the answer."""
    try:
        # stray control characters occur inside texts; they are no reason to lose the answer
        return json.loads(_CONTROL.sub("", data.decode("utf-8-sig")), strict=False)
    except UnicodeDecodeError as error:
        raise FetchError("bad_bytes", f"{name}: byte {error.start} is not UTF-8.") from None
    except (ValueError, RecursionError) as error:
        position = getattr(error, "pos", "?")
        raise FetchError(
            "bad_json",
            f"{name}: is no JSON (near character {position}). The answer is damaged.",
        ) from None


def items_of(document: Any, path: str | None, name: str) -> list[Any]:
    """The list of records in a document; without a path the document is the list. A single object counts as one item.

    Raises FetchError ``answer_shape`` when there is no list.
    """
    items = document if not path else _walk(document, path)
    if isinstance(items, Mapping) and path:
        items = [items]
    if items is None and path:
        return []
    if not isinstance(items, list):
        raise FetchError(
            "answer_shape",
            f"{name}: no list of records at '{path or '(top)'}'. The provider changed its answer; compare with"
            " the source's fetch entry.",
        )
    return items


def read_json(
    raw: BinaryIO, name: str, layout: Layout, spec: Mapping[str, Any], tally: Tally
) -> Iterator[pa.RecordBatch]:
    """Batches of one JSON document. ``spec``: items (dotted path of the list; default: the document is the list),
    record (path of the record inside an item, e.g. ``_source``; default: the item).
    """
    with io.BufferedReader(Utf8Stream(raw, spec.get("encoding", "utf-8"), name), 1 << 20) as stream:
        document = parse_json(read_all(stream, name, Limits.of(spec)), name)
    items = items_of(document, spec.get("items"), name)
    if "record" in spec:
        items = [walk(item, spec["record"]) for item in items]
    for start in range(0, len(items), _BATCH):
        part = list(enumerate(items[start : start + _BATCH], start=start + 1))
        tally.malformed += [
            MalformedRow(1, n, "the item is no JSON object") for n, i in part if not isinstance(i, Mapping)
        ]
        good = [(n, i) for n, i in part if isinstance(i, Mapping)]
        if good:
            yield records_batch([i for _, i in good], [n for n, _ in good], 1, layout, tally)
