"""The release that is served: all its answers in memory, exchanged as a whole when another becomes current."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import logging
import mimetypes
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

import pyarrow.parquet as pq

from exports.api.answers import ENCODINGS, FILE, JSON, TITLES, compressed
from exports.api.prepared import Header, Prepared
from exports.api.titles import Titles
from lmi.core.paths import Paths
from lmi.core.release import Release, current, releases

#: folders whose files anybody may fetch; what stands beside them, as the record of what was published, is internal
PUBLIC = re.compile(r"^exports/(occupations/v\d+|open/v\d+|board)/")
MEDIA_TYPES = {".parquet": "application/vnd.apache.parquet", ".jsonld": "application/ld+json", ".csv": "text/csv"}
PAGES_KEPT = 1000
#: seconds between two looks at the pointer
EVERY = 1.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Edition:
    """One release as it is served. ``prepared``: (path, query) -> answer; ``files``: path below ``exports`` -> sha256.
    ``summaries``: JSON text of each occupation of the list, in its order."""

    id: str
    as_of: str
    folder: Path
    modified: str
    prepared: dict[tuple[str, bytes], Prepared]
    summaries: tuple[str, ...]
    titles: Titles
    files: Mapping[str, str]
    #: list pages by their address as it was asked, and what searches found
    pages: dict[tuple[str, bytes], Prepared] = field(default_factory=dict)
    found: dict[str, list[int]] = field(default_factory=dict)

    @property
    def headers(self) -> tuple[Header, ...]:
        return ((b"x-release-id", self.id.encode()),)

    def prepare(self, bodies: Mapping[str, bytes | None], media_type: str, sha256: str) -> Prepared:
        return Prepared.of(bodies, media_type, sha256, self.modified, self.headers)

    def ready(self, path: str, query: bytes) -> Prepared | None:
        """What lies ready under exactly this address."""
        return self.prepared.get((path, query)) or self.pages.get((path, query))

    def page(self, query: str, start: int, limit: int) -> Prepared:
        """A page of the list, or of what a search for ``query`` finds."""
        body = self._page(query, start, limit).encode()
        return self.prepare(compressed(body), JSON, hashlib.sha256(body).hexdigest())

    def keep(self, path: str, query: bytes, answer: Prepared) -> None:
        """Have a page ready for the next reader who asks for it in the same words."""
        if len(self.pages) >= PAGES_KEPT:
            self.pages.clear()
            self.found.clear()
        self.pages[path, query] = answer

    def _page(self, query: str, start: int, limit: int) -> str:
        if query and query not in self.found:
            self.found[query] = self.titles.find(query)
        numbers: Sequence[int] = self.found[query] if query else range(len(self.summaries))
        end = start + limit
        rest = {
            "release": {"release_id": self.id, "as_of": self.as_of},
            "total": len(numbers),
            "next_cursor": cursor(self.id, query, end) if end < len(numbers) else None,
        }
        shown = ", ".join(self.summaries[number] for number in numbers[start:end])
        return f'{json.dumps(rest)[:-1]}, "items": [{shown}]}}'.replace("<", "\\u003c")

    def file(self, path: str) -> Prepared | None:
        """A file of a public product; None where the release has none of that path."""
        sha256 = self.files.get(path)
        if sha256 is None:
            return None
        found = self.folder / "exports" / path
        guessed = MEDIA_TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        kind = f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed
        return self.prepare({"identity": found.read_bytes()}, kind, sha256)


def cursor(release_id: str, query: str, start: int) -> str:
    """Where a list goes on: the release it is of, what was searched, and how far it was read."""
    text = json.dumps([release_id, query, start], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[str, str, int]:
    """Release, search and start of a cursor. Raises ValueError for what is none."""
    try:
        release_id, query, start = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, TypeError, ValueError):
        raise ValueError("not a cursor of this list") from None
    if not (isinstance(release_id, str) and isinstance(query, str) and type(start) is int and start >= 0):
        raise ValueError("not a cursor of this list")
    return release_id, query, start


def load_edition(release: Release, kept: list[Release]) -> Edition:
    """Read the answers of a release. ``kept``: releases to tell of. Raises FileNotFoundError where it has none."""
    modified = format_datetime(datetime.fromisoformat(release.manifest["built_at"]), usegmt=True)
    extra = ((b"x-release-id", release.id.encode()),)
    prepared: dict[tuple[str, bytes], Prepared] = {}
    summaries: tuple[str, ...] = ()
    titles = Titles.of([], [])
    for row in pq.read_table(release.folder / "exports" / "api" / FILE).to_pylist():
        if row["address"] == TITLES:
            said = json.loads(row["identity"])
            titles = Titles.of(said["titles"], said["owners"])
            continue
        if row["address"] == "occupations":
            listed = json.loads(row["identity"])["occupations"]
            summaries = tuple(json.dumps(entry, ensure_ascii=False) for entry in listed)
            continue
        bodies = {encoding: row[encoding] for encoding in ENCODINGS}
        answer = Prepared.of(bodies, row["media_type"], row["sha256"], modified, extra)
        prepared |= dict.fromkeys(addresses(row["address"]), answer)
    told = _releases(release, kept)
    sha256 = hashlib.sha256(told).hexdigest()
    prepared["/v1/releases", b""] = Prepared.of({"identity": told}, JSON, sha256, modified, extra)
    files = {
        entry["path"].removeprefix("exports/"): entry["sha256"]
        for entry in release.manifest["files"]
        if PUBLIC.match(entry["path"])
    }
    as_of = release.manifest["as_of"]
    return Edition(release.id, as_of, release.folder, modified, prepared, summaries, titles, files)


def addresses(address: str) -> list[tuple[str, bytes]]:
    """(path, query) under which an answer lies ready; more than one where a parameter has a default."""
    kind, _, rest = address.partition("/")
    if kind == "occupations" and rest:
        scheme, _, code = rest.partition("/")
        plain = [(f"/v1/occupations/{code}", b"")] if scheme == "KECO" else []
        return [*plain, (f"/v1/occupations/{code}", f"scheme={scheme}".encode())]
    if kind == "series" and rest:
        flow, _, form = rest.rpartition(".")
        return [(f"/v1/series/{flow}", f"format={form}".encode())]
    return [(f"/v1/{address}", b"")]


def _releases(release: Release, kept: list[Release]) -> bytes:
    listed = [
        {
            "release_id": r.id,
            "as_of": r.manifest["as_of"],
            "built_at": r.manifest["built_at"],
            "is_current": r.id == release.id,
            "products": {
                name: {"status": product["status"], "stale_since": (product["stale"] or {}).get("as_of")}
                for name, product in r.manifest.get("products", {}).items()
            },
        }
        for r in reversed(kept)
    ]
    return json.dumps({"total": len(listed), "releases": listed}, ensure_ascii=False).encode()


class Editions:
    """The edition in force and the one before it, which readers of a list may still page through."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.current: Edition | None = None
        self.before: Edition | None = None
        self._lock = threading.Lock()
        self._failed: str | None = None

    def refresh(self) -> None:
        """Take up the release that the pointer names; a release that cannot be read leaves the last one standing."""
        with self._lock:
            try:
                name = self.paths.current_release.readlink().name
            except OSError:
                return
            if (self.current and self.current.id == name) or self._failed == name:
                return
            release = current(self.paths)
            if release is None:
                return
            try:
                edition = load_edition(release, releases(self.paths))
            except (OSError, KeyError, ValueError) as error:
                self._failed = name
                log.error("Release %s cannot be served: %s. The last one stays.", name, error)
                return
            self.before, self.current = self.current, edition

    def held(self, release_id: str) -> Edition | None:
        return next((e for e in (self.current, self.before) if e and e.id == release_id), None)

    async def watch(self) -> None:
        """Look at the pointer until cancelled; a new edition is read beside the requests and taken up in one step."""
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.to_thread(self.refresh)
                await asyncio.sleep(EVERY)
