"""Look-ups by business number: tax-office status and KCOMWEL insured workplaces.

What to ask comes from ``fetch.ask``: landed values of another source. A number never asked is asked; a known one again
every ``refresh_days`` days, on a day that its digits choose, so that the load is even and a repeated run asks the same.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from ingest.connectors.harvest import Harvest, Harvester, Page
from ingest.connectors.pull import BATCH_ROWS, HttpConnector, Pull
from ingest.connectors.xml import children, number, parse_xml
from ingest.delivery import Delivery, FetchContext, FetchError
from ingest.readers.layout import Layout
from ingest.readers.records import parse_json, records_batch
from ingest.registry import Source

CONNECTIONS = 8
_BUSINESS_NO = re.compile(r"\d{10}")
_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def is_business_no(text: str) -> bool:
    """Ten digits with a right check digit; 0000000000 passes the arithmetic and is none all the same."""
    if not _BUSINESS_NO.fullmatch(text) or not text.isascii() or text == "0000000000":
        return False
    digits = [int(c) for c in text]
    total = sum(d * w for d, w in zip(digits, _WEIGHTS, strict=False)) + digits[8] * 5 // 10
    return (10 - total % 10) % 10 == digits[9]


def numbers_to_ask(source: Source, day: date, context: FetchContext) -> list[str]:
    """Business numbers to ask on a day, sorted: new ones, and those whose turn it is."""
    ask = source.fetch["ask"]
    landed = {n.replace("-", "").strip() for n in context.asked(ask["source"], ask["column"], day)}
    valid = sorted(n for n in landed if is_business_no(n))
    every = int(ask.get("refresh_days", 30))
    known = set(context.asked(source.id, source.key[0], day - timedelta(days=1)))
    turn = day.toordinal() % every
    return [n for n in valid if n not in known or zlib.crc32(n.encode()) % every == turn]


def _batch(
    pull: Pull, layout: Layout, records: list[Mapping[str, Any]], page: int, day: date, first: int = 1
) -> pa.RecordBatch:
    """Batch with the day asked, which no answer holds."""
    rows = [{**record, "checked_date": day.isoformat()} for record in records]
    return records_batch(rows, range(first, first + len(rows)), page, layout, pull.tally)


class NtsStatus(HttpConnector):
    """Tax-office status, POST of up to 100 numbers. ``fetch``: path, key, batch_size, ask."""

    def call(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        numbers = numbers_to_ask(source, day, context)
        if not numbers:
            return
        pull = Pull(source, day, context, "serviceKey")
        size = min(int(source.fetch.get("batch_size", 100)), 100)
        asked = [numbers[n : n + size] for n in range(0, len(numbers), size)]
        yield pull.delivery(
            self._batches(pull, asked, day), {"path": source.fetch["path"], "asked": len(numbers)}, None
        )

    @staticmethod
    def _batches(pull: Pull, asked: list[list[str]], day: date) -> Iterator[pa.RecordBatch]:
        layout, where = Layout(pull.source), "tax-office status"

        def ask(batch: list[str]) -> tuple[bytes, list[Mapping[str, Any]]]:
            return pull.ask(pull.source.fetch["path"], {}, lambda b: parse(b, batch), body={"b_no": batch})

        def parse(body: bytes, batch: list[str]) -> list[Mapping[str, Any]]:
            document = parse_json(body, where)
            if not isinstance(document, Mapping) or document.get("status_code") != "OK":
                raise FetchError("provider_error", f"{where}: the service does not answer OK. Compare with its guide.")
            rows = document.get("data")
            if not isinstance(rows, list) or not all(isinstance(r, Mapping) for r in rows):
                raise FetchError("answer_shape", f"{where}: no list 'data'. The provider changed its answer.")
            answered = {r.get("b_no") for r in rows}
            if len(rows) != len(batch) and answered <= set(batch):  # one answer per number, also for unknown ones
                raise FetchError("incomplete", f"{where}: {len(rows)} answers to {len(batch)} numbers.", transient=True)
            return rows

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for page, (body, rows) in enumerate(pool.map(ask, asked), start=1):
                pull.answers.add(f"{page:06d}.json", body)
                if rows:
                    yield _batch(pull, layout, rows, page, day)


class Kcomwel(HttpConnector):
    """KCOMWEL insured workplaces by business number, XML. ``fetch``: path, key, page_size, refuse_total_above, ask."""

    def call(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        numbers = numbers_to_ask(source, day, context)
        if not numbers:
            return
        pull = Pull(source, day, context, "serviceKey")

        def moved() -> None:
            delivery.status = "partial"

        delivery = pull.delivery(
            self._batches(pull, numbers, day, moved), {"path": source.fetch["path"], "asked": len(numbers)}, None
        )
        yield delivery

    def _batches(
        self, pull: Pull, numbers: list[str], day: date, moved: Callable[[], None]
    ) -> Iterator[pa.RecordBatch]:
        """``moved`` is called when the workplaces of a number could not be read completely."""
        layout = Layout(pull.source)
        page, waiting = 1, []
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for start in range(0, len(numbers), BATCH_ROWS):
                part = numbers[start : start + BATCH_ROWS]
                for n, (bodies, harvest) in enumerate(pool.map(lambda b: self._site(pull, b), part), start=start + 1):
                    for m, body in enumerate(bodies, start=1):
                        pull.answers.add(f"{n:06d}-{m}.xml", body)
                    pull.tally.notes += harvest.notes
                    waiting += [kept.item for kept in harvest.all()]
                    if not harvest.complete:
                        moved()
                if waiting:
                    yield _batch(pull, layout, waiting, page, day)
                page, waiting = page + 1, []

    @staticmethod
    def _site(pull: Pull, business_no: str) -> tuple[list[bytes], Harvest]:
        fetch = pull.source.fetch
        size, limit = int(fetch.get("page_size", 1000)), int(fetch.get("refuse_total_above", 100_000))
        bodies: list[bytes] = []

        def parse(body: bytes) -> Page:
            page = parse_workplaces(body)
            if (page.total or 0) > limit:
                raise FetchError(
                    "filter_ignored",
                    f"KCOMWEL: {page.total} workplaces for one business number: the filter was ignored, the whole file"
                    " came back. The parameter's name changed; compare with the service's guide.",
                )
            if any((i.get("saeopjaDrno") or business_no).strip() != business_no for i in page.items):
                raise FetchError("filter_ignored", "KCOMWEL: workplaces of other business numbers came back.")
            return page

        def ask(filters: Mapping[str, str], page: int, resume: bool) -> Page:
            params = {**filters, "pageNo": page, "numOfRows": size}
            body, parsed = pull.ask(fetch["path"], params, parse, resume=resume)
            bodies.append(body)
            return parsed

        wires = [pull.source.column[k].wire for k in pull.source.key]
        harvester = Harvester(
            ask, lambda i: tuple(i.get(w, "").strip() for w in wires), lambda i: "", size, limit // size + 1
        )
        return bodies, harvester.harvest({"v_saeopjaDrno": business_no})


def parse_workplaces(body: bytes) -> Page:
    """Workplaces of an answer; one item or many, none for code 03. Raises FetchError for every other result code."""
    root = parse_xml(body, "KCOMWEL")
    gateway = root.findtext(".//returnReasonCode")
    if gateway is not None:
        code = {"30": "key_invalid", "31": "key_expired", "22": "rate_limited"}.get(gateway.strip(), "provider_error")
        raise FetchError(
            code,
            f"KCOMWEL: the gateway refuses ({gateway.strip()}). Check LMI_KEY__DATA_GO_KR.",
            transient=code == "rate_limited",
        )
    result = (root.findtext(".//resultCode") or "").strip()
    if result == "03":
        return Page([], 0)
    if result != "00":
        raise FetchError(
            "provider_error", f"KCOMWEL: result code '{result or 'none'}'. Compare with the service's guide."
        )
    return Page([children(item) for item in root.iter("item")], number(root, ".//totalCount"))
