"""HRD-Net courses and runs: list 310L01 over a window of start dates and run detail 310D01, XML.

Rates and counts of employment are numbers or letters (A to open, B running, C not held, D no completers): text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from lxml import etree

from ingest.connectors.details import merged_batches
from ingest.connectors.harvest import Harvest, Harvester, Item, Page
from ingest.connectors.pull import HttpConnector, Pull, pulling
from ingest.connectors.work24 import check_answer
from ingest.connectors.xml import children, leaves, number, parse_xml
from ingest.delivery import Delivery, FetchContext, FetchError
from ingest.registry import Source

_NO_DATA = ("조회된 데이터가 없습니다", "검색된 데이터가 없습니다")
_GONE = frozenset({404, 410})


def _has_data(root: etree._Element, where: str) -> bool:
    """False for "no data". Raises FetchError for any other message; keys are those of Work24."""
    error = root.findtext("error")
    if error and any(text in error for text in _NO_DATA):
        return False
    if error and root.tag != "GO24":
        raise FetchError("provider_error", f"{where}: HRD-Net refuses the request. Compare parameters with the guide.")
    return check_answer(root, where)


def parse_list(body: bytes, where: str) -> Page:
    """Rows of a list answer. Raises FetchError, ``answer_shape`` when it is no list."""
    root = parse_xml(body, where)
    if not _has_data(root, where):
        return Page([], 0)
    total = number(root, ".//scn_cnt")
    if total is None:
        raise FetchError("answer_shape", f"{where}: no scn_cnt. HRD-Net changed its answer.")
    return Page([children(row) for row in root.iter("scn_list")], total)


def parse_detail(body: bytes, where: str, course: str, run: str) -> dict[str, str] | None:
    """Fields of one run; None when it is gone. Raises FetchError."""
    root = parse_xml(body, where)
    if not _has_data(root, where):
        return None
    fields = leaves(root)
    if (fields.get("trprId", "").strip(), fields.get("trprDegr", "").strip()) != (course, run):
        raise FetchError("answer_shape", f"{where}: the detail is not that of the run asked for.")
    return fields


class HrdNet(HttpConnector):
    """``fetch``: list_path, detail_path, key, page_size, page_ceiling, start_window_days {back, ahead}."""

    def call(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        fetch = source.fetch
        with pulling(Pull(source, day, context, "authKey")) as pull:
            harvest = self._list(pull, day)

        def detail(item: Mapping[str, str]) -> tuple[str, bytes, Mapping[str, str]] | None:
            course, run = item.get("trprId", "").strip(), item.get("trprDegr", "").strip()
            if not course or not run:
                return None
            params = {"returnType": "XML", "outType": "2", "srchTrprId": course, "srchTrprDegr": run}
            try:
                body, fields = pull.ask(
                    fetch["detail_path"], params, lambda b: parse_detail(b, "HRD-Net detail", course, run), gone=_GONE
                )
            except FetchError as error:
                if error.code == "gone":
                    return None
                raise
            return None if fields is None else (f"detail/{course}-{run}.xml", body, fields)

        yield pull.delivery(merged_batches(pull, harvest, detail), {"path": fetch["list_path"]}, harvest)

    @staticmethod
    def _list(pull: Pull, day: date) -> Harvest:
        fetch = pull.source.fetch
        size = int(fetch.get("page_size", 100))
        window = fetch.get("start_window_days", {"back": 400, "ahead": 120})
        asked = 0

        def ask(filters: Mapping[str, str], page: int, resume: bool) -> Page:
            nonlocal asked
            params = {"returnType": "XML", "outType": "1", "pageNum": page, "pageSize": size}
            # ascending by start date: what is new during the pull is added behind
            params |= {"sort": "ASC", "sortCol": "2", **filters}
            body, parsed = pull.ask(
                fetch["list_path"], params, lambda b: parse_list(b, f"HRD-Net list page {page}"), resume=resume
            )
            asked += 1
            pull.answers.add(f"list/{asked:06d}.xml", body)
            return parsed

        def key(item: Item) -> tuple[str, str] | None:
            pair = (item.get("trprId", "").strip(), item.get("trprDegr", "").strip())
            return pair if all(pair) else None

        def split(filters: Mapping[str, str]) -> Iterator[list[dict[str, str]]]:
            first, last = (date.fromisoformat(filters[k]) for k in ("srchTraStDt", "srchTraEndDt"))
            if first < last:
                middle = first + (last - first) // 2
                spans = [(first, middle), (middle + timedelta(days=1), last)]
                yield [{"srchTraStDt": f"{a:%Y%m%d}", "srchTraEndDt": f"{b:%Y%m%d}"} for a, b in spans]

        harvester = Harvester(ask, key, lambda item: "", size, int(fetch.get("page_ceiling", 1000)), split)
        first, last = day - timedelta(days=int(window["back"])), day + timedelta(days=int(window["ahead"]))
        return harvester.harvest({"srchTraStDt": f"{first:%Y%m%d}", "srchTraEndDt": f"{last:%Y%m%d}"})
