"""What a connector hands to landing: rows as text, in contract columns, with everything needed to account for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol

import pyarrow as pa

from ingest.registry import Source
from lmi.core.keys import KeyRing
from lmi.core.paths import Paths
from lmi.core.settings import Settings


class FetchError(Exception):
    """A delivery could not be had or read. ``code`` is stable, the message is for the operator; no key, no person.

    Nothing lands and the last good data stays. ``transient`` errors (network, 5xx, 429) are worth another try later.
    """

    def __init__(self, code: str, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.transient = transient


@dataclass(frozen=True)
class MalformedRow:
    """A row that could not be cut into columns; it counts as fetched and is quarantined under rule ``row_shape``."""

    page: int
    row: int
    reason: str  # no text of the row: it may hold a person


@dataclass(frozen=True)
class RawFile:
    """Verbatim bytes as delivered: a file on disk or one answer of an interface."""

    name: str
    data: bytes | Path


@dataclass
class Delivery:
    """One delivery of one source for one delivery date.

    ``batches`` yields Arrow record batches whose columns are all strings, named by the contract, plus ``_page`` and
    ``_row`` (int64; unique together). It is read once; ``columns_seen``, ``malformed`` and ``provider_rows`` are
    complete after that. ``columns_seen`` holds contract names for known columns and wire names for unknown ones.
    """

    source: Source
    delivery_date: date
    batches: Iterator[pa.RecordBatch]
    status: Literal["complete", "partial"] = "complete"
    columns_seen: set[str] = field(default_factory=set)
    malformed: list[MalformedRow] = field(default_factory=list)
    #: declared by the provider, None when it declares nothing: {"rows": 123, "sums": {"column": 4.5}}
    provider_totals: dict[str, Any] | None = None
    raw_files: list[RawFile] = field(default_factory=list)
    #: what was asked, without keys: {"url": ..., "pages": 3, "partitions": [...]}
    request: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    #: called by landing once the manifest is written: what was kept for an interrupted pull may go
    done: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class FetchContext:
    """What a connector may use. ``asked`` answers ``fetch.ask``: distinct landed values, e.g. business numbers."""

    settings: Settings
    paths: Paths
    keys: KeyRing

    def asked(self, source_id: str, column: str, until: date) -> list[str]:
        from ingest.landing import landed_values

        return landed_values(self.paths, source_id, column, until)


class Connector(Protocol):
    """One per wire format, registered in ``ingest.connectors.CONNECTORS`` by the name a source's entry uses."""

    def fetch(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        """Deliveries of the working day. No delivery at all means there was nothing to fetch (no file came).

        Raises FetchError; a failing delivery lands nothing.
        """
        ...
