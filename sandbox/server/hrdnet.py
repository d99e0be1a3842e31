"""HRD-Net training runs: list 310L01 and run detail 310D01, XML or JSON. Rates are numbers or letters, kept as held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from sandbox.server.answers import Answer, Request, element, elements, json_answer, repeated, xml
from sandbox.server.contracts import Contract
from sandbox.server.data import AtClock, load_rows, take, texts
from sandbox.server.effects import Effects, base_id
from sandbox.server.work24 import parse_day, refused_key

MAX_PAGE, MAX_SIZE = 1000, 100
#: province code now in use -> (codes it replaced, first day they answer nothing)
_RECODED = {
    "51": (("42",), date(2023, 6, 11)),
    "52": (("45",), date(2024, 1, 18)),
    "12": (("29", "46"), date(2026, 7, 1)),
}
_SORT = {"1": "institution_name", "2": "start_date", "3": "employment_rate_3m_text", "5": "satisfaction_score"}
_EQUAL = {"crseTracseSe": "course_type_code"}
_CONTAINS = {"srchTraProcessNm": "title", "srchTraOrganNm": "institution_name"}


@dataclass
class Runs:
    table: pa.Table
    by_key: dict[tuple[str, str], int]
    arrays: dict[str, np.ndarray]


class HrdNet:
    source: ClassVar[str] = "hrdnet_courses"
    endpoints: ClassVar[Mapping[str, str]] = {"list": "list_path", "detail": "detail_path"}

    def __init__(self, contract: Contract, file: Path, keys: frozenset[str]) -> None:
        self.contract = contract
        self._keys = keys
        self._rows = AtClock(lambda now: self._load(file, now))

    def _load(self, file: Path, now: datetime) -> Runs:
        table = load_rows(file, self.contract, now, "start_date, trpr_id, CAST(trpr_degr AS INTEGER)")
        names = {*_SORT.values(), *_EQUAL.values(), *_CONTAINS.values(), "region_code", "ncs_code"}
        keys = zip(table.column("trpr_id").to_pylist(), table.column("trpr_degr").to_pylist(), strict=True)
        return Runs(table, {key: i for i, key in enumerate(keys)}, {name: texts(table, name) for name in names})

    def answer(self, endpoint: str, request: Request, now: datetime, effects: Effects) -> Answer:
        refused = refused_key(request, self._keys)
        if refused:
            return refused
        kind = request.get("returnType").upper()
        if kind not in {"XML", "JSON"}:
            return _failed("returnType은 XML 또는 JSON 이어야 합니다.", "XML")
        if request.get("outType") != ("1" if endpoint == "list" else "2"):
            return _failed("outType 값이 올바르지 않습니다.", kind)
        runs = self._rows.at(now)
        return (self._list if endpoint == "list" else self._detail)(request, runs, now, effects, kind)

    def _list(self, request: Request, runs: Runs, now: datetime, effects: Effects, kind: str) -> Answer:
        page, size = request.whole("pageNum", 1), request.whole("pageSize", 10)
        if page is None or not 1 <= page <= MAX_PAGE or size is None or not 1 <= size <= MAX_SIZE:
            return _failed("pageNum은 1~1000, pageSize는 1~100 이어야 합니다.", kind)
        window = [parse_day(request.get(name)) for name in ("srchTraStDt", "srchTraEndDt")]
        if window[0] is None or window[1] is None:
            return _failed("srchTraStDt, srchTraEndDt는 필수 입니다.", kind)
        index = effects.population(self._matching(request, runs, now, window[0], window[1]))
        first, last = effects.window(page, size)
        positions, copies = effects.positions(index[first:last])
        columns = self.contract.list_columns
        rows = effects.rows(take(runs.table, columns, positions), copies, "trprId", columns)
        head = {"pageNum": page, "pageSize": size, "scn_cnt": effects.total(len(index))}
        if kind == "JSON":
            return json_answer({**head, "srchList": rows})
        return xml(f"<HRDNet>\n{elements(head)}\n<srchList>\n{repeated('scn_list', rows)}</srchList>\n</HRDNet>")

    @staticmethod
    def _matching(request: Request, runs: Runs, now: datetime, since: date, until: date) -> np.ndarray:
        arrays = runs.arrays
        mask = (arrays["start_date"] >= since.isoformat()) & (arrays["start_date"] <= until.isoformat())
        if request.get("srchTraArea1"):
            mask = mask & np.isin(
                arrays["region_code"].astype("U2"), _provinces(request.get("srchTraArea1"), now.date())
            )
        if request.get("srchNcs1"):
            mask = mask & np.char.startswith(arrays["ncs_code"], request.get("srchNcs1"))
        for parameter, column in _EQUAL.items():
            if request.get(parameter):
                mask = mask & (arrays[column] == request.get(parameter))
        for parameter, column in _CONTAINS.items():
            if request.get(parameter):
                mask = mask & (np.char.find(arrays[column], request.get(parameter)) >= 0)
        index = np.flatnonzero(mask)
        column = _SORT.get(request.get("sortCol"), "start_date")
        index = index[np.argsort(arrays[column][index], kind="stable")]
        return index[::-1] if request.get("sort").upper() == "DESC" else index

    def _detail(self, request: Request, runs: Runs, now: datetime, effects: Effects, kind: str) -> Answer:
        course, run = request.get("srchTrprId"), request.get("srchTrprDegr")
        position = runs.by_key.get((course, run))
        if position is None and effects.tenfold:
            position = runs.by_key.get((base_id(course), run))
        if position is None or effects.empty:
            return _failed("조회된 데이터가 없습니다.", kind)
        listed = take(runs.table, self.contract.list_columns, [position])[0]
        columns = self.contract.detail_columns
        row = {"trprId": course, "trprDegr": run, "trStaDt": listed["traStartDate"], "trEndDt": listed["traEndDate"]}
        row |= {"totFxnum": listed["yardMan"], "totParMks": listed["regCourseMan"]}
        row |= effects.rows(take(runs.table, columns, [position]), [0], "trprId", columns)[0]
        if kind == "JSON":
            return json_answer({"srchList": [row]})
        return xml(f"<HRDNet>\n<srchList>\n{repeated('scn_list', [row])}</srchList>\n</HRDNet>")


def _provinces(code: str, today: date) -> list[str]:
    """Province codes that a region filter means: a replaced code answers nothing, its successor answers for it."""
    for successor, (replaced, since) in _RECODED.items():
        if today >= since and code in replaced:
            return []
        if code == successor:
            return [successor, *replaced]
    return [code]


def _failed(text: str, kind: str) -> Answer:
    return json_answer({"error": text}) if kind == "JSON" else xml(f"<HRDNet>{element('error', text)}</HRDNet>")
