"""KCOMWEL insured workplaces (XML). A parameter it does not know is ignored: the whole file comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from sandbox.server.answers import Answer, Request, element, elements, repeated, xml
from sandbox.server.contracts import Contract
from sandbox.server.data import AtClock, load_rows, take, texts
from sandbox.server.effects import Effects

MAX_ROWS = 5000
#: rows of the national file; what an unfiltered request reports, however small the synthetic nation is
FILE_ROWS = 6_533_328


@dataclass
class Workplaces:
    table: pa.Table
    by_number: dict[str, list[int]]
    kind: np.ndarray


class Kcomwel:
    source: ClassVar[str] = "kcomwel_workplaces"
    endpoints: ClassVar[Mapping[str, str]] = {"list": "path"}

    def __init__(self, contract: Contract, file: Path, keys: frozenset[str]) -> None:
        self.contract = contract
        self._keys = keys
        self._rows = AtClock(lambda now: self._load(file, now))

    def _load(self, file: Path, now: datetime) -> Workplaces:
        table = load_rows(file, self.contract, now, "business_no, workplace_name, insurance_kind_code")
        by_number: dict[str, list[int]] = {}
        for position, number in enumerate(table.column("business_no").to_pylist()):
            by_number.setdefault(number, []).append(position)
        return Workplaces(table, by_number, texts(table, "insurance_kind_code"))

    def answer(self, endpoint: str, request: Request, now: datetime, effects: Effects) -> Answer:
        if request.get("serviceKey") not in self._keys:
            return _gateway("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30")
        page, size = request.whole("pageNo", 1), request.whole("numOfRows", 10)
        if page is None or page < 1 or size is None or not 1 <= size <= MAX_ROWS:
            return _gateway("INVALID_REQUEST_PARAMETER_ERROR", "10")
        places = self._rows.at(now)
        number, kind = request.get("v_saeopjaDrno"), request.get("opaBoheomFg")
        first, last = effects.window(page, size)
        if number and not effects.filter_ignored:
            index = np.array(places.by_number.get(number, []), dtype=np.int64)
        else:
            index = np.arange(places.table.num_rows, dtype=np.int64)
        if kind in {"1", "2"}:
            index = index[places.kind[index] == kind]
        index = effects.population(index)
        if not len(index):
            return self._answered("03", "NODATA_ERROR", [], 0, page, size)
        total = len(index)
        if (number and not effects.filter_ignored) or effects.tenfold:
            index = index[first:last]
        else:
            total = max(total, FILE_ROWS)
            index = np.take(index, np.arange(first, min(last, total)), mode="wrap")
        positions, copies = effects.positions(index)
        columns = self.contract.columns
        rows = effects.rows(take(places.table, columns, positions), copies, "saeopjangNm", columns)
        return self._answered("00", "NORMAL SERVICE.", rows, effects.total(total), page, size)

    @staticmethod
    def _answered(code: str, text: str, rows: list, total: int, page: int, size: int) -> Answer:
        counts = {"numOfRows": size, "pageNo": page, "totalCount": str(total)}
        return xml(
            f"<response><header>{element('resultCode', code)}{element('resultMsg', text)}</header>\n"
            f"<body><items>{repeated('item', rows)}</items>{elements(counts)}</body></response>"
        )


def _gateway(reason: str, code: str) -> Answer:
    """How the gateway in front of the service answers (HTTP 200)."""
    fields = {"errMsg": "SERVICE ERROR", "returnAuthMsg": reason, "returnReasonCode": code}
    return xml(f"<OpenAPI_ServiceResponse><cmmMsgHeader>{elements(fields)}</cmmMsgHeader></OpenAPI_ServiceResponse>")
