"""Work24 vacancies: list 210L01 and detail 210D01, as the Open API answers (errors come with HTTP 200)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from sandbox.server.answers import Answer, Request, element, elements, repeated, xml
from sandbox.server.contracts import Contract
from sandbox.server.data import AtClock, Row, load_rows, take, texts
from sandbox.server.effects import Effects, base_id

#: a key of a private person: it exists, but this service is for companies and institutions only
PERSONAL_KEY = "00000000-0000-4000-8000-000000000001"
NO_SERVICE = "신청하신 OpenApi 서비스가 존재하지 않습니다"
PERSONAL_ACCOUNT = "개인회원은 사용할 수 없는 OPEN-API입니다."
MAX_PAGE, MAX_DISPLAY = 1000, 100
DAILY = "4"
_SINCE_DAYS = {"D-0": 0, "D-3": 3, "W-1": 7, "W-2": 14, "M-1": 30}
_FILTERS_KEPT = 256
#: parameters that pick rows by prefix of a column; several values are separated by '|'
_PREFIX = {"region": "region_code", "occupation": "occupation_code"}
_EQUAL = {"salTp": "wage_type_code", "career": "career_code", "busino": "business_no"}
_NARROWING = (*_PREFIX, *_EQUAL, "empTpGb", "keyword", "regDate", "minWantedAuthDt", "maxWantedAuthDt", "sortOrderBy")
_DAY = (
    "coalesce(try_strptime(registered_date, ['%y-%m-%d', '%Y%m%d', '%Y-%m-%d']), TIMESTAMP '1970-01-01') DESC,"
    " wanted_auth_no DESC"
)
_CORP = (
    "corpNm",
    "reperNm",
    "totPsncnt",
    "capitalAmt",
    "yrSalesAmt",
    "indTpCdNm",
    "busiCont",
    "corpAddr",
    "homePg",
    "busiSize",
)
_CONTACT = ("empChargerDpt", "contactTelno", "empChargerHp", "chargerFaxNo", "chargerEmail")


def failed(text: str) -> Answer:
    return xml(f"<GO24>{element('error', text)}</GO24>")


def coded(code: str, text: str) -> Answer:
    return xml(f"<wantedRoot>{element('message', text)}{element('messageCd', code)}</wantedRoot>")


def refused_key(request: Request, keys: frozenset[str]) -> Answer | None:
    """The platform's answer to a missing, unknown or personal key; None when the key may ask."""
    key = request.get("authKey")
    if not key:
        return failed("authKey는 필수 입니다.")
    if key == PERSONAL_KEY:
        return failed(PERSONAL_ACCOUNT)
    return None if key in keys else coded("002", "유효하지 않은 인증키")


def parse_day(text: str) -> date | None:
    for form in ("%y-%m-%d", "%Y%m%d", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _day_number(text: str) -> int:
    day = parse_day(text)
    return day.toordinal() if day else 0


@dataclass
class Postings:
    """Open postings at one moment, newest first, with the arrays that filters need."""

    table: pa.Table
    by_id: dict[str, int]
    arrays: dict[str, np.ndarray]
    day: np.ndarray
    #: filter -> positions; a harvest asks many pages of one filter
    filtered: OrderedDict[tuple[str, ...], np.ndarray] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Work24:
    """Answers for list and detail. ``page_ceiling`` is the last page that may be asked."""

    source: ClassVar[str] = "work24_vacancies"
    #: endpoint -> key of the path in the contract's ``fetch``
    endpoints: ClassVar[Mapping[str, str]] = {"list": "list_path", "detail": "detail_path"}

    def __init__(self, contract: Contract, file: Path, keys: frozenset[str], page_ceiling: int = MAX_PAGE) -> None:
        self.contract = contract
        self._keys = keys
        self._page_ceiling = page_ceiling
        self._rows = AtClock(lambda now: self._load(file, now))

    def _load(self, file: Path, now: datetime) -> Postings:
        table = load_rows(file, self.contract, now, _DAY)
        names = {*_PREFIX.values(), *_EQUAL.values(), "employment_type_code", "title"}
        days, where = np.unique(texts(table, "registered_date"), return_inverse=True)
        return Postings(
            table=table,
            by_id={key: i for i, key in enumerate(table.column("wanted_auth_no").to_pylist())},
            arrays={name: texts(table, name) for name in names},
            day=np.array([_day_number(d) for d in days], dtype=np.int64)[where],
        )

    def answer(self, endpoint: str, request: Request, now: datetime, effects: Effects) -> Answer:
        refused = refused_key(request, self._keys)
        if refused:
            return refused
        if request.get("callTp") != ("L" if endpoint == "list" else "D"):
            return coded("008", "callTp 값이 올바르지 않습니다.")
        if request.get("returnType").upper() != "XML":
            return coded("004", "returnType은 XML 이어야 합니다.")
        postings = self._rows.at(now)
        return (self._list if endpoint == "list" else self._detail)(request, postings, now, effects)

    def _list(self, request: Request, postings: Postings, now: datetime, effects: Effects) -> Answer:
        page, size = request.whole("startPage", 1), request.whole("display", 10)
        if page is None or not 1 <= page <= self._page_ceiling or size is None or not 1 <= size <= MAX_DISPLAY:
            return failed(NO_SERVICE)
        if "wantedAuthNo" in request.parameters or request.get("empTpGb", "1") not in {"", "1", "2"}:
            return failed(NO_SERVICE)
        index = effects.population(self._matching(request, postings, now))
        first, last = effects.window(page, size)
        positions, copies = effects.positions(index[first:last])
        if not len(positions):
            return coded("006", "검색된 데이터가 없습니다.")
        columns = self.contract.list_columns
        rows = effects.rows(take(postings.table, columns, positions), copies, "wantedAuthNo", columns)
        head = {"total": effects.total(len(index)), "startPage": page, "display": size}
        return xml(f"<wantedRoot>\n{elements(head)}\n{repeated('wanted', rows)}</wantedRoot>")

    def _matching(self, request: Request, postings: Postings, now: datetime) -> np.ndarray:
        """Positions of the postings a list request is about, in its order."""
        asked = tuple(request.get(name) for name in _NARROWING)
        with postings.lock:
            if asked in postings.filtered:
                return postings.filtered[asked]
        index = np.flatnonzero(self._mask(request, postings, now))
        if request.get("sortOrderBy").upper() == "ASC":
            index = index[::-1]
        with postings.lock:
            postings.filtered[asked] = index
            while len(postings.filtered) > _FILTERS_KEPT:
                postings.filtered.popitem(last=False)
        return index

    @staticmethod
    def _mask(request: Request, postings: Postings, now: datetime) -> np.ndarray:
        arrays = postings.arrays
        # Without empTpGb the service means 1 and leaves daily work out without saying so.
        daily = np.char.startswith(arrays["employment_type_code"], DAILY)
        mask = daily if request.get("empTpGb") == "2" else ~daily
        for parameter, column in _PREFIX.items():
            codes = [code for code in request.get(parameter).split("|") if code]
            if codes:
                # 11000 is how the service writes the whole of province 11
                heads = [c[:2] if parameter == "region" and c[2:] == "000" else c for c in codes]
                mask = mask & np.logical_or.reduce([np.char.startswith(arrays[column], head) for head in heads])
        for parameter, column in _EQUAL.items():
            if request.get(parameter):
                mask = mask & np.isin(arrays[column], request.get(parameter).split("|"))
        if request.get("keyword"):
            mask = mask & (np.char.find(arrays["title"], request.get("keyword")) >= 0)
        if request.get("regDate") in _SINCE_DAYS:
            since = now.date() - timedelta(days=_SINCE_DAYS[request.get("regDate")])
            mask = mask & (postings.day >= since.toordinal())
        lower, upper = parse_day(request.get("minWantedAuthDt")), parse_day(request.get("maxWantedAuthDt"))
        if lower:
            mask = mask & (postings.day >= lower.toordinal())
        if upper:
            mask = mask & (postings.day <= upper.toordinal())
        return mask

    def _detail(self, request: Request, postings: Postings, now: datetime, effects: Effects) -> Answer:
        number = request.get("wantedAuthNo")
        if not number:
            return failed("wantedAuthNo는 필수 입니다.")
        position = postings.by_id.get(number)
        if position is None and effects.tenfold:
            position = postings.by_id.get(base_id(number))
        if position is None or effects.empty:
            return coded("006", "구인정보를 확인할 수 없습니다")
        listed = take(postings.table, self.contract.list_columns, [position])[0]
        if request.get("infoSvc") != (listed["infoSvc"] or ""):
            return coded("018", "정보제공처(infoSvc)가 올바르지 않습니다.")
        columns = self.contract.detail_columns
        fields = effects.rows(take(postings.table, columns, [position]), [0], "wantedAuthNo", columns)[0]
        return xml(_detail_body(number, listed, fields))


def _detail_body(number: str, listed: Row, fields: Row) -> str:
    """The nested answer: employer, posting, contact. ``salTpNm`` is a sentence here and a type in the list."""
    address = " ".join(filter(None, [listed["zipCd"], listed["basicAddr"], listed["detailAddr"]]))
    corp: Row = {"corpNm": listed["company"], "indTpCdNm": listed["indTpNm"], "corpAddr": address}
    wanted: Row = {
        "wantedTitle": listed["title"],
        "receiptCloseDt": listed["closeDt"],
        "empTpCd": listed["empTpCd"],
        "jobsCd": listed["jobsCd"],
    }
    contact: Row = {}
    for wire, text in fields.items():
        (corp if wire in _CORP else contact if wire in _CONTACT else wanted)[wire] = text
    words = "".join(element("srchKeywordNm", word) for word in (listed["title"] or "").split()[:3])
    return (
        f"<wantedDtl>\n{element('wantedAuthNo', number)}\n<corpInfo>{elements(corp)}</corpInfo>\n"
        f"<wantedInfo>{elements(wanted)}<keywordList>{words}</keywordList></wantedInfo>\n"
        f"<empchargeInfo>{elements(contact)}</empchargeInfo>\n</wantedDtl>"
    )
