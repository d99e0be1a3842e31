"""One sheet of an Excel workbook as record batches of text."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import IO, Any, BinaryIO

import numpy as np
import openpyxl
import pyarrow as pa
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from ingest.delivery import FetchError, MalformedRow
from ingest.guards import Limits, check_members, open_zip, read_all
from ingest.readers.layout import Layout, Tally

_BATCH = 5_000
#: what zipfile, the XML parser and openpyxl raise for damaged bytes
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, InvalidFileException, KeyError, ValueError, TypeError,
    SyntaxError,
)  # fmt: skip


def _declares_document_type(part: IO[bytes]) -> bool:
    """Whether an XML part holds a DTD or is in UTF-16, which would hide one. A DTD may follow a long comment."""
    tail = part.read(2)
    if tail in (b"\xff\xfe", b"\xfe\xff"):
        return True
    while chunk := part.read(1 << 20):
        window = tail + chunk
        if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
            return True
        tail = window[-16:]
    return False


def _check(data: bytes, name: str, limits: Limits) -> None:
    """A workbook is a zip of XML: the same bombs, and no DTD. Raises FetchError."""
    # shared strings are read whole: a workbook may unpack to a few times what may be held in memory, not more
    limits = replace(limits, max_bytes=min(limits.max_bytes, 4 * limits.in_memory))
    with open_zip(io.BytesIO(data), name) as archive:
        check_members(archive, name, limits)
        for member in archive.infolist():
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as part:
                    if _declares_document_type(part):
                        raise FetchError("xml_dtd", f"{name}: {member.filename} declares a document type. Refused.")


def cell_text(value: object, logical_type: str) -> str | None:
    """Text of a cell as a provider would have written it in CSV: ISO dates, integers without a decimal point."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if logical_type == "date" and value.time() == time(0):
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="auto")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _worksheet(workbook: Any, sheet: int | str, name: str) -> Any:
    names = workbook.sheetnames
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        return workbook[names[sheet - 1]]
    if isinstance(sheet, str) and sheet in names:
        return workbook[sheet]
    raise FetchError(
        "sheet",
        f"{name}: has no sheet {sheet!r} (there are {len(names)}). Correct the source's fetch.sheet.",
    )


def read_xlsx(
    raw: BinaryIO, name: str, layout: Layout, spec: Mapping[str, Any], tally: Tally
) -> Iterator[pa.RecordBatch]:
    """Batches of one sheet. ``spec``: sheet (1-based number or name, 1), header_row (1).

    A formula saved without its value refuses the file (code ``formula``): the number in it is not there to be read.
    A damaged workbook is refused with code ``xlsx``.
    """
    try:
        yield from _batches(raw, name, layout, spec, tally)
    except _DAMAGE as error:
        raise FetchError("xlsx", f"{name}: is a damaged workbook ({type(error).__name__}). Ask for it again.") from None


def _batches(
    raw: BinaryIO, name: str, layout: Layout, spec: Mapping[str, Any], tally: Tally
) -> Iterator[pa.RecordBatch]:
    limits = Limits.of(spec)
    with raw:
        data = read_all(raw, name, limits)
    _check(data, name, limits)
    # the same cells twice: as values, and as written, because a formula without a saved value reads as empty
    values = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    written = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
    sheet = spec.get("sheet", 1)
    first = spec.get("header_row", 1)
    pairs = zip(
        _worksheet(values, sheet, name).iter_rows(min_row=first, values_only=True),
        _worksheet(written, sheet, name).iter_rows(min_row=first, values_only=True),
        strict=True,
    )
    top = next(pairs, ((), ()))[0]
    while top and top[-1] is None:
        top = top[:-1]
    header = layout.header(["" if v is None else str(v) for v in top], name)
    tally.columns_seen |= layout.seen(h for h in header if h)
    wanted = [(n, layout.columns[h]) for n, h in enumerate(header) if h in layout.columns]
    types = {c.name: c.logical_type for c in layout.source.columns}
    columns: dict[str, list[str | None]] = {c: [] for _, c in wanted}
    rows: list[int] = []

    def flush() -> pa.RecordBatch:
        batch = layout.batch({c: pa.array(v, pa.string()) for c, v in columns.items()}, np.array(rows))
        tally.rows += len(rows)
        rows.clear()
        for kept in columns.values():
            kept.clear()
        return batch

    at = 0
    for row, (cells, raws) in enumerate(pairs, start=1):
        for n, (cell, text) in enumerate(zip(cells, raws, strict=False)):
            if cell is None and isinstance(text, str) and text.startswith("="):
                where = f"{get_column_letter(n + 1)}{first + row}"
                raise FetchError(
                    "formula",
                    f"{name}: cell {where} holds a formula without a saved value. Open the file in a spreadsheet"
                    " program, save it, or send values.",
                )
        if all(cell is None for cell in cells):
            continue
        at += 1
        if any(cell is not None for cell in cells[len(header) :]):
            tally.malformed.append(MalformedRow(1, at, f"more than {len(header)} cells"))
            continue
        for n, column in wanted:
            columns[column].append(cell_text(cells[n] if n < len(cells) else None, types[column]))
        rows.append(at)
        if len(rows) == _BATCH:
            yield flush()
    if rows:
        yield flush()
