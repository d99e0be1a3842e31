"""Paged JSON lists: the generic connector, schema.org JobPosting, JobTech ads and the USAJOBS history."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from ingest.connectors.harvest import Harvest, Harvester, Item, Page
from ingest.connectors.pull import BATCH_ROWS, HttpConnector, Pull, pulling
from ingest.delivery import Delivery, FetchContext, FetchError, MalformedRow
from ingest.readers.jobposting import normalised
from ingest.readers.layout import Layout
from ingest.readers.records import items_of, parse_json, records_batch, scalar_text, walk
from ingest.registry import Source

_GUNZIP_LIMIT = 512 << 20


def unpacked(body: bytes, where: str) -> bytes:
    """Bytes of an answer that is itself a .gz file. Raises FetchError archive_bomb or bad_archive."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            data = stream.read(_GUNZIP_LIMIT + 1)
    except (OSError, EOFError) as error:
        raise FetchError(
            "bad_archive", f"{where}: the compressed answer is damaged ({type(error).__name__})."
        ) from None
    if len(data) > _GUNZIP_LIMIT:
        raise FetchError("archive_bomb", f"{where}: unpacks to more than {_GUNZIP_LIMIT} bytes. Refused.")
    return data


def whole_number(value: Any, where: str) -> int | None:
    """A declared total; None when there is none. Raises FetchError answer_shape when it is no number."""
    if isinstance(value, Mapping):  # Elasticsearch 7 writes {"value": 230, "relation": "eq"}
        value = value.get("value")
    if value is None:
        return None
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise FetchError(
        "answer_shape", f"{where}: the declared total is no whole number. The provider changed its answer."
    )


class PagedJson(HttpConnector):
    """``fetch``: path or paths, params, key, key_param | key_header, paging.

    ``paging``: kind (page | offset | next | none), page_param, size_param, page_size, page_ceiling, first (number of
    the first page, 1), items and total (dotted paths), next (path of the next page's token), next_param. Every path of
    ``paths`` is a list of its own. In ``params``, ``{day}`` is the working day and ``{since}`` the day ``since_days``
    (1) before it.
    """

    def record(self, item: Mapping[str, Any], source: Source) -> Mapping[str, Any]:
        """A list item in the shape that the contract's wire names read."""
        return item

    def paging(self, source: Source) -> Mapping[str, Any]:
        return source.fetch.get("paging", {"kind": "none"})

    def call(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        fetch = source.fetch
        paths = list(fetch.get("paths", [])) or [fetch["path"]]
        with pulling(Pull(source, day, context, fetch.get("key_param"))) as pull:
            whole = Harvest()
            malformed: set[tuple[int, int]] = set()
            harvester = self._harvester(pull, malformed)
            for path in paths:
                part = harvester.harvest({"path": path})
                whole.absorb(part, self._stamp(source))
                whole.declared += part.declared
        yield pull.delivery(self._batches(pull, whole, malformed), {"path": paths[0], "paths": len(paths)}, whole)

    @staticmethod
    def _batches(pull: Pull, harvest: Harvest, malformed: set[tuple[int, int]]) -> Iterator[pa.RecordBatch]:
        layout = Layout(pull.source)
        pull.tally.malformed += [
            MalformedRow(page, row, "the item is no JSON object") for page, row in sorted(malformed)
        ]
        rows = harvest.all()
        for start in range(0, len(rows), BATCH_ROWS):
            part = rows[start : start + BATCH_ROWS]
            batch = records_batch([k.item for k in part], [k.row for k in part], 0, layout, pull.tally)
            pages = pa.array([k.page for k in part], pa.int64())
            yield batch.set_column(batch.schema.get_field_index("_page"), "_page", pages)

    @staticmethod
    def _stamp(source: Source) -> Callable[[Item], str]:
        wire = source.column[source.provider_timestamp].wire if source.provider_timestamp else None
        return lambda item: (scalar_text(walk(item, wire)) or "") if wire else ""

    @staticmethod
    def _key(source: Source) -> Callable[[Item], Hashable | None]:
        wires = [source.column[k].wire for k in source.key]

        def key(item: Item) -> Hashable | None:
            values = tuple((scalar_text(walk(item, w)) or "").strip() for w in wires)
            return values if all(values) else None

        return key

    def _harvester(self, pull: Pull, malformed: set[tuple[int, int]]) -> Harvester:
        source, paging = pull.source, self.paging(pull.source)
        kind, size = paging.get("kind", "page"), int(paging.get("page_size", 100))
        tokens: dict[tuple[str, int], str] = {}
        paths: dict[str, int] = {}
        since = pull.day - timedelta(days=int(source.fetch.get("since_days", 1)))
        fixed = {
            name: str(value).replace("{day}", pull.day.isoformat()).replace("{since}", since.isoformat())
            for name, value in source.fetch.get("params", {}).items()
        }
        asked = 0
        header = source.fetch.get("key_header")
        headers = {header: pull.secret} if header and pull.secret else None

        def ask(filters: Mapping[str, str], page: int, resume: bool) -> Page:
            nonlocal asked
            path = filters["path"]
            where = f"{source.id} {path} page {page}"
            params = dict(fixed)
            if kind in {"page", "offset"}:
                first = int(paging.get("first", 1 if kind == "page" else 0))
                params[paging["page_param"]] = first + (page - 1) * (1 if kind == "page" else size)
            if "size_param" in paging:
                params[paging["size_param"]] = size
            if kind == "next" and page > 1:
                params[paging["next_param"]] = tokens[path, page]
            body, document = pull.ask(
                path, params, lambda b: parse_json(unpacked(b, where), where), resume=resume, headers=headers
            )
            asked += 1
            pull.answers.add(f"{path.strip('/').replace('/', '_')}/{asked:06d}.json", body)
            items = items_of(document, paging.get("items"), where)
            total = whole_number(walk(document, paging["total"]), where) if paging.get("total") else None
            if paging.get("total") and total is None:
                raise FetchError(
                    "answer_shape", f"{where}: no total at '{paging['total']}'. The provider changed its answer."
                )
            last = kind == "none"
            if kind == "next":
                token = scalar_text(walk(document, paging["next"]))
                last = not token
                tokens[path, page + 1] = token or ""
            good = [self.record(i, source) for i in items if isinstance(i, Mapping)]
            # a page of its own per list and page number, below those of rows, and the same when it is read again
            place = -(paths.setdefault(path, len(paths)) * 1_000_000 + page)
            malformed.update((place, n) for n, i in enumerate(items, start=1) if not isinstance(i, Mapping))
            return Page(good, total, last)

        if kind == "none":
            # a whole list in one answer does not move: a key that comes twice is the provider's, and is kept
            return Harvester(ask, lambda item: None, self._stamp(source), 1 << 40, 1)
        ceiling = int(paging.get("page_ceiling", 10_000))
        return Harvester(ask, self._key(source), self._stamp(source), size, ceiling)


class JobPosting(PagedJson):
    """schema.org JobPosting; ``fetch.dialect``: json-ld (default) or early."""

    def record(self, item: Mapping[str, Any], source: Source) -> Mapping[str, Any]:
        return normalised(item, source.fetch.get("dialect", "json-ld"))


class JobTech(PagedJson):
    """JobTech (Arbetsförmedlingen) ads: search answers of both Elasticsearch generations, or plain lists of ads.

    Removals are sparse objects ``{id, removed, removed_date}`` and are rows like others.
    """

    def paging(self, source: Source) -> Mapping[str, Any]:
        default = {"kind": "none", "items": "hits.hits"}
        return {**default, **source.fetch.get("paging", {})}

    def record(self, item: Mapping[str, Any], source: Source) -> Mapping[str, Any]:
        inner = item.get("_source")
        return inner if isinstance(inner, Mapping) else item


class UsaJobs(PagedJson):
    """USAJOBS history: lists of announcements, one file per department (gzip or plain), or the paged historic API.

    The historic API pages by token: kind next, items ``data``, total ``paging.metadata.totalCount``, next
    ``paging.metadata.continuationToken``, next_param ``continuationtoken``.
    """
