"""How delivered columns become contract columns, and what is counted on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa

from ingest.delivery import FetchError, MalformedRow
from ingest.registry import Source


@dataclass
class Tally:
    """What a reader learns while it reads; the delivery shares these objects."""

    columns_seen: set[str] = field(default_factory=set)
    malformed: list[MalformedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int = 0  # well-formed rows handed on

    @property
    def fetched(self) -> int:
        return self.rows + len(self.malformed)


@dataclass(frozen=True)
class Layout:
    """Contract columns by the names a delivery uses: ``wire``, or contract ``name`` in the canonical file drop."""

    source: Source
    by: Literal["wire", "name"] = "wire"

    @cached_property
    def wires(self) -> Mapping[str, str]:
        """Contract column -> name in the delivery, in contract order."""
        return {c.name: c.wire if self.by == "wire" else c.name for c in self.source.columns}

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """Name in the delivery -> contract column."""
        return {wire: name for name, wire in self.wires.items()}

    @cached_property
    def schema(self) -> pa.Schema:
        fields = [pa.field(c.name, pa.string()) for c in self.source.columns]
        return pa.schema([*fields, pa.field("_page", pa.int64()), pa.field("_row", pa.int64())])

    def seen(self, delivered: Iterable[str]) -> set[str]:
        """Contract names of known delivered names, the delivered name itself for unknown ones."""
        return {self.columns.get(name, name) for name in delivered}

    def header(self, names: Sequence[str], where: str) -> list[str]:
        """Trimmed header. Raises FetchError when it is empty, doubled or knows none of the contract's columns."""
        trimmed = [name.strip().lstrip("\ufeff").strip() for name in names]
        if not any(trimmed):
            raise FetchError(
                "empty_file",
                f"{where}: has no header line. Ask the provider for the file with its header.",
            )
        if doubled := sorted({n for n in trimmed if trimmed.count(n) > 1}):
            raise FetchError(
                "header",
                f"{where}: column names appear twice: {', '.join(doubled)}. Ask for unique names.",
            )
        if not set(trimmed) & set(self.columns):
            raise FetchError(
                "header",
                f"{where}: the first line names no column of the contract ({', '.join(list(self.columns)[:5])}, …)."
                " The header is missing, or delimiter or encoding in the source's fetch entry are wrong.",
            )
        return trimmed

    def batch(self, arrays: Mapping[str, pa.Array], rows: np.ndarray, page: int = 1) -> pa.RecordBatch:
        """Record batch of all contract columns (NULL where not delivered) with ``_page`` and ``_row``."""
        count = len(rows)
        data = [arrays[c] if c in arrays else pa.nulls(count, pa.string()) for c in self.wires]
        data += [
            pa.array(np.full(count, page, np.int64)),
            pa.array(rows.astype(np.int64)),
        ]
        return pa.RecordBatch.from_arrays(data, schema=self.schema)


def positions(after: int, count: int, skipped: Iterable[int]) -> np.ndarray:
    """The next ``count`` record numbers after ``after`` that are not in ``skipped`` (numbers of malformed records)."""
    taken = np.array(sorted(n for n in skipped if n > after), dtype=np.int64)
    candidates = np.arange(after + 1, after + 1 + count + len(taken), dtype=np.int64)
    return candidates[~np.isin(candidates, taken)][:count]
