"""Work24 vacancies: list 210L01 and detail 210D01, XML. Errors come with HTTP 200 and are told apart here.

Both values of empTpGb are asked: the default leaves daily work out without saying so. A list of more than
``page_ceiling`` pages is cut by region, occupation and registration date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from lxml import etree

from ingest.connectors.details import merged_batches
from ingest.connectors.harvest import Harvest, Harvester, Item, Page
from ingest.connectors.pull import HttpConnector, Pull, pulling
from ingest.connectors.xml import children, leaves, number, parse_xml
from ingest.delivery import Delivery, FetchContext, FetchError
from ingest.registry import Source

PARTITIONS = Path(__file__).parent / "data" / "work24_partitions.json"
NO_DATA = "006"
#: text of a GO24 error -> code, advice
_ERRORS = (
    ("authKey", "key_missing", "Set LMI_KEY__WORK24."),
    (
        "개인회원",
        "personal_account",
        "The key belongs to a private person; apply with a company or institution account.",
    ),
    (
        "존재하지 않습니다",
        "service_not_granted",
        "The key is valid but not for this API, or a parameter is not allowed here.",
    ),
    ("target", "bad_parameters", "A required parameter is missing."),
)
_CODES = {
    "002": ("key_invalid", "The key is unknown here; keys of the old openapi.work.go.kr are not valid at Work24."),
    "004": ("return_type", "returnType must be XML."),
    "008": ("call_type", "callTp is wrong for this address; list_path and detail_path may be swapped."),
    "018": ("info_service", "infoSvc of the detail must be the list row's."),
}
_GONE = frozenset({404, 410})


def check_answer(root: etree._Element, where: str) -> bool:
    """True when the answer holds data, False for "no data" (006). Raises FetchError for every other message."""
    if root.tag == "GO24":
        text = root.findtext("error") or root.findtext("message") or ""
        for mark, code, advice in _ERRORS:
            if mark in text:
                raise FetchError(code, f"{where}: {advice}")
        raise FetchError("provider_error", f"{where}: Work24 answers with an error that is not documented.")
    message_code = (root.findtext("messageCd") or "").strip()
    if message_code == NO_DATA:
        return False
    if message_code:
        code, advice = _CODES.get(message_code, ("provider_error", "This code is not documented."))
        raise FetchError(code, f"{where}: Work24 answers {message_code}. {advice}")
    if "개인회원" in (root.findtext("message") or ""):
        raise FetchError("personal_account", f"{where}: {_ERRORS[1][2]}")
    return True


def parse_list(body: bytes, where: str) -> Page:
    """Rows of a list answer; one ``wanted`` or many. Raises FetchError, ``answer_shape`` when it is no list."""
    root = parse_xml(body, where)
    if not check_answer(root, where):
        return Page([], 0)
    total = number(root, "total")
    if root.tag != "wantedRoot" or total is None:
        raise FetchError("answer_shape", f"{where}: no wantedRoot with a total. Work24 changed its answer.")
    return Page([children(w) for w in root.findall("wanted")], total)


def parse_detail(body: bytes, where: str, wanted_auth_no: str) -> dict[str, str] | None:
    """Fields of a detail answer, all sections flat; None when the posting is gone. Raises FetchError."""
    root = parse_xml(body, where)
    if not check_answer(root, where):
        return None
    if root.tag != "wantedDtl" or (root.findtext("wantedAuthNo") or "").strip() != wanted_auth_no:
        raise FetchError("answer_shape", f"{where}: the detail is not that of the posting asked for.")
    found = leaves(root)
    # wantedInfo wins: corpInfo and wantedInfo share no contract field, but other sections may repeat a tag
    for section in ("corpInfo", "wantedInfo", "empchargeInfo"):
        if (element := root.find(section)) is not None:
            found |= children(element)
    return found


@lru_cache(maxsize=1)
def _partitions() -> dict[str, dict[str, list[str]] | list[str]]:
    return json.loads(PARTITIONS.read_text(encoding="utf-8"))


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()


def date_windows(filters: Mapping[str, str], day: date) -> list[dict[str, str]]:
    """Windows of the registration date: older than a year and each of 13 four-week spans, then halves down to a day."""
    if "minWantedAuthDt" not in filters:
        starts = [date(1970, 1, 1), *(day - timedelta(days=28 * n) for n in range(13, -1, -1)), day + timedelta(days=2)]
        spans = [(a, b - timedelta(days=1)) for a, b in pairwise(starts)]
    else:
        first, last = _day(filters["minWantedAuthDt"]), _day(filters["maxWantedAuthDt"])
        if first >= last:
            return []
        middle = first + (last - first) // 2
        spans = [(first, middle), (middle + timedelta(days=1), last)]
    return [{**filters, "minWantedAuthDt": f"{a:%Y%m%d}", "maxWantedAuthDt": f"{b:%Y%m%d}"} for a, b in spans]


def partitions(filters: Mapping[str, str], day: date) -> Iterator[list[dict[str, str]]]:
    """Ways of cutting a filter, in the order to try: province, district, occupation, registration date."""
    codes = _partitions()
    regions, occupations = codes["region"], codes["occupation"]
    region = filters.get("region", "")
    if isinstance(regions, dict) and len(region) < 5:
        yield [{**filters, "region": code} for code in (regions.get(region, []) if region else regions)]
    if "occupation" not in filters and "minWantedAuthDt" not in filters:
        yield [{**filters, "occupation": code} for code in occupations]
    yield date_windows(filters, day)


class Work24(HttpConnector):
    """``fetch``: list_path, detail_path, key, page_size, page_ceiling."""

    def call(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        fetch = source.fetch
        with pulling(Pull(source, day, context, "authKey")) as pull:
            harvest = self._list(pull, day)
        common = {"callTp": "D", "returnType": "XML"}

        def detail(item: Mapping[str, str]) -> tuple[str, bytes, Mapping[str, str]] | None:
            posting = item.get("wantedAuthNo", "").strip()
            if not posting:
                return None
            params = {**common, "wantedAuthNo": posting, "infoSvc": item.get("infoSvc", "")}
            try:
                body, fields = pull.ask(
                    fetch["detail_path"], params, lambda b: parse_detail(b, "Work24 detail", posting), gone=_GONE
                )
            except FetchError as error:
                if error.code == "gone":
                    return None
                raise
            return None if fields is None else (f"detail/{posting}.xml", body, fields)

        yield pull.delivery(merged_batches(pull, harvest, detail), {"path": fetch["list_path"]}, harvest)

    @staticmethod
    def _list(pull: Pull, day: date) -> Harvest:
        fetch = pull.source.fetch
        size = int(fetch.get("page_size", 100))
        asked = 0

        def ask(filters: Mapping[str, str], page: int, resume: bool) -> Page:
            nonlocal asked
            params = {"callTp": "L", "returnType": "XML", "startPage": page, "display": size, **filters}
            body, parsed = pull.ask(
                fetch["list_path"], params, lambda b: parse_list(b, f"Work24 list page {page}"), resume=resume
            )
            asked += 1
            pull.answers.add(f"list/{asked:06d}.xml", body)
            return parsed

        def key(item: Item) -> str | None:
            return item.get("wantedAuthNo", "").strip() or None

        def stamp(item: Item) -> str:
            # 12 or 14 digits: padded, they order as text
            return item.get("smodifyDtm", "").strip().ljust(14, "0")

        harvester = Harvester(ask, key, stamp, size, int(fetch.get("page_ceiling", 1000)), lambda f: partitions(f, day))
        whole = Harvest()
        for kind in ("1", "2"):
            part = harvester.harvest({"empTpGb": kind})
            whole.absorb(part, stamp)
            whole.declared += part.declared
        return whole
