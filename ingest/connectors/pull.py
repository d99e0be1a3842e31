"""What every connector of an interface shares: client, kept answers, verbatim answers, and the canonical file drop."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar

import pyarrow as pa

from ingest.connected import fed_by_files
from ingest.connectors.file_drop import canonical_files, dropped
from ingest.connectors.harvest import Harvest
from ingest.connectors.store import AnswerStore
from ingest.delivery import Delivery, FetchContext, FetchError, RawFile
from ingest.http import HttpClient, Policy
from ingest.readers.layout import Tally
from ingest.registry import Source

#: rows per batch handed to landing
BATCH_ROWS = 2_000
_DAMAGED = {"bad_bytes", "bad_xml", "bad_json"}
_PARSE_ATTEMPTS = 3

T = TypeVar("T")


class Answers:
    """Verbatim answers in one compressed tar, byte-stable for equal answers (100,000 small files would be slow)."""

    def __init__(self, keep: bool) -> None:
        self._buffer = io.BytesIO()
        self._zip = gzip.GzipFile(fileobj=self._buffer, mode="wb", compresslevel=5, mtime=0) if keep else None
        self._tar = tarfile.TarFile(fileobj=self._zip, mode="w") if self._zip else None

    def add(self, name: str, body: bytes) -> None:
        if self._tar:
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            self._tar.addfile(entry, io.BytesIO(body))

    def raw_files(self) -> list[RawFile]:
        if not self._tar or not self._zip:
            return []
        self._tar.close()
        self._zip.close()
        return [RawFile("answers.tar.gz", self._buffer.getvalue())]


class Pull:
    """One pull of one source for one working day. The key's parameter is added when a request leaves, never before."""

    def __init__(self, source: Source, day: date, context: FetchContext, key_param: str | None) -> None:
        fetch = source.fetch
        secret = context.settings.api_key(fetch["key"]) if "key" in fetch else None
        self.source, self.day = source, day
        self.secret = secret
        self._secret = {key_param: secret} if key_param and secret else {}
        endpoint = context.settings.endpoint(source.provider["code"])
        self.client = HttpClient(endpoint, Policy.of(fetch, endpoint), (secret,) if secret else ())
        self.store = AnswerStore(context.paths, context.keys, source, day)
        self.answers = Answers(source.raw != "none")
        self.tally = Tally()

    def close(self) -> None:
        self.client.close()
        self.store.close()

    def ask(
        self,
        path: str,
        params: Mapping[str, Any],
        parse: Callable[[bytes], T],
        *,
        body: Any = None,
        resume: bool = True,
        headers: Mapping[str, str] | None = None,
        gone: frozenset[int] = frozenset(),
    ) -> tuple[bytes, T]:
        """Answer and what ``parse`` makes of it; a kept answer of an interrupted pull when ``resume``.

        Only answers that parse are kept. A damaged one is asked for again before it counts. Raises FetchError.
        """
        name = json.dumps([path, sorted((str(k), str(v)) for k, v in params.items()), body], ensure_ascii=False)
        if resume and (kept := self.store.get(name)) is not None:
            return kept, parse(kept)
        sent = {**params, **self._secret}
        for attempt in range(1, _PARSE_ATTEMPTS + 1):
            if body is None:
                answer = self.client.get(path, sent, headers=headers, gone=gone)
            else:
                answer = self.client.post(path, body, sent, headers=headers, gone=gone)
            try:
                parsed = parse(answer.body)
            except FetchError as error:
                if error.code not in _DAMAGED or attempt == _PARSE_ATTEMPTS:
                    raise
                continue
            self.store.put(name, answer.body)
            return answer.body, parsed
        raise AssertionError("unreachable: the last attempt returns or raises")

    def delivery(
        self, batches: Iterator[pa.RecordBatch], request: Mapping[str, Any], harvest: Harvest | None
    ) -> Delivery:
        """Delivery of this pull; verbatim answers join it when the batches are read."""
        delivery = Delivery(
            self.source,
            self.day,
            iter(()),
            columns_seen=self.tally.columns_seen,
            malformed=self.tally.malformed,
            notes=self.tally.notes,
            request={"url": self.client.address(request.get("path", "")), **request},
            done=self.store.clear,
        )
        if harvest:
            delivery.status = "complete" if harvest.complete else "partial"
            # rows is what a control total is checked against; a list that moved has none that could hold
            whole = harvest.complete and len(harvest.rows) + len(harvest.nameless) == harvest.declared
            delivery.provider_totals = {"rows" if whole else "declared": harvest.declared}
            delivery.notes.extend(harvest.notes)
            if harvest.repeated:
                delivery.notes.append(f"{harvest.repeated} rows came again on another page")
            delivery.request |= {"pages": harvest.pages, "partitions": harvest.partitions}

        def read() -> Iterator[pa.RecordBatch]:
            try:
                yield from batches
                delivery.raw_files = self.answers.raw_files()
            finally:
                self.close()

        delivery.batches = read()
        return delivery


@contextmanager
def pulling(pull: Pull) -> Iterator[Pull]:
    """Closes connections and the store when the list cannot be read; afterwards the delivery's batches close them."""
    try:
        yield pull
    except BaseException:
        pull.close()
        raise


class HttpConnector(ABC):
    """Canonical files first; the interface is called when the working day has no canonical file of its own, unless its
    files come into the drop and no address is set.

    With ``fetch.pattern`` the provider's own answers come as files and nothing is called.
    """

    def fetch(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        if "pattern" in source.fetch:
            yield from dropped(source, day, context, source.fetch)
            return
        files, is_today = canonical_files(source, day, context)
        yield from files
        if not is_today and not fed_by_files(source, context.settings):
            yield from self.call(source, day, context)

    @abstractmethod
    def call(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        """Deliveries of the interface for one working day. Raises FetchError."""
