"""What a failure mode does to the content of an answer: rows lost, repeated, multiplied, columns drifting.

A provider asks for the rows of a page and passes them through here; without a failure everything is the identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sandbox.server.contracts import Column
from sandbox.server.data import Row

#: stand-ins inside texts; the bytes they stand for cannot be written as text
BAD_BYTES = "\ue0ff"
CONTROL_CHARACTER = "\ue0fe"
_BYTES = {BAD_BYTES.encode(): b"\xc7\xd1\xff", CONTROL_CHARACTER.encode(): b"\x08"}

TENFOLD = 10
COPY_MARKS = "ABCDEFGHI"


@dataclass(frozen=True)
class Effects:
    """All content failures in force for one request. The default changes nothing."""

    empty: bool = False
    tenfold: bool = False
    filter_ignored: bool = False
    page_again: bool = False
    shift: int = 0
    total_change: int = 0
    new_column: tuple[str, str] | None = None
    missing: str | None = None
    renamed: tuple[str, str] | None = None
    retyped: str | None = None
    planted: tuple[str, str] | None = None  # (column, stand-in)

    def population(self, index: np.ndarray) -> np.ndarray:
        """Positions of the rows an answer is about: none, all, or each ten times (``position * 10 + copy``)."""
        if self.empty:
            return index[:0]
        return (index[:, None] * TENFOLD + np.arange(TENFOLD)).ravel() if self.tenfold else index

    def total(self, count: int) -> int:
        return max(0, count + self.total_change)

    def window(self, page: int, size: int) -> tuple[int, int]:
        """First and last+1 position of a page, after repetition and shifting (never before the first row)."""
        start = (page - 1 - (self.page_again and page > 1)) * size
        if page > 1:
            start = max(0, start - self.shift)
        return start, start + size

    def positions(self, index: Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Split positions of ``population`` into row positions and copy numbers."""
        index = np.asarray(index, dtype=np.int64)
        return (index // TENFOLD, index % TENFOLD) if self.tenfold else (index, np.zeros_like(index))

    def rows(
        self, rows: list[Row], copies: Sequence[int] | np.ndarray, id_wire: str, columns: Sequence[Column]
    ) -> list[Row]:
        """Rows as this failure makes them: copies get an id of their own, columns drift, a text is spoilt."""
        numbers = {c.wire: c for c in columns}
        for row, copy in zip(rows, copies, strict=True):
            if copy:
                row[id_wire] = f"{row[id_wire]}{COPY_MARKS[copy - 1]}"
        if self.planted and rows and self.planted[0] in rows[0]:
            wire, stand_in = self.planted
            rows[0][wire] = (rows[0][wire] or "") + stand_in
        if self.retyped in numbers:
            for row in rows:
                row[self.retyped] = retype(row[self.retyped], numbers[self.retyped])
        if self.missing:
            rows = [{k: v for k, v in row.items() if k != self.missing} for row in rows]
        if self.renamed:
            old, new = self.renamed
            rows = [{new if k == old else k: v for k, v in row.items()} for row in rows]
        if self.new_column:
            for row in rows:
                row[self.new_column[0]] = self.new_column[1]
        return rows


def base_id(identifier: str) -> str:
    """Id of the row that an id of a tenfold day was copied from."""
    return identifier[:-1] if identifier[-1:] in COPY_MARKS else identifier


def retype(text: str | None, column: Column) -> str:
    """The same value in another type: numbers with a unit in words, days and instants spelled out, texts as numbers."""
    if column.is_number:
        return f"약 {text or 0}"
    if column.logical_type in {"date", "timestamp"}:
        return f"등록일 {text or '미정'}"
    return str(len(text or ""))


def plant(body: bytes) -> bytes:
    """Put the real bytes in place of the stand-ins."""
    for stand_in, real in _BYTES.items():
        body = body.replace(stand_in, real)
    return body
