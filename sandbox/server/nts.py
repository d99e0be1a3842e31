"""Tax-office business status: POST of up to 100 business numbers, one answer for each of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from sandbox.server.answers import Answer, Request, json_answer, not_found
from sandbox.server.contracts import Contract
from sandbox.server.data import AtClock, Row, load_rows, take
from sandbox.server.effects import Effects

MAX_NUMBERS = 100
NOT_REGISTERED = "국세청에 등록되지 않은 사업자등록번호입니다."


class Nts:
    source: ClassVar[str] = "nts_business_status"
    endpoints: ClassVar[Mapping[str, str]] = {"status": "path"}

    def __init__(self, contract: Contract, file: Path, keys: frozenset[str]) -> None:
        self.contract = contract
        self._keys = keys
        self._rows = AtClock(lambda now: load_rows(file, contract, now, "business_no"))
        self._by_number = AtClock(
            lambda now: {no: i for i, no in enumerate(self._rows.at(now).column("business_no").to_pylist())}
        )

    def answer(self, endpoint: str, request: Request, now: datetime, effects: Effects) -> Answer:
        if request.method != "POST":
            return not_found()
        if request.get("serviceKey") not in self._keys:
            return json_answer({"code": -401, "msg": "유효하지 않은 인증키 입니다."}, 401)
        try:
            body = json.loads(request.body)
            numbers = body["b_no"]
        except (ValueError, KeyError, TypeError):
            return json_answer({"status_code": "BAD_JSON_REQUEST"}, 400)
        if not isinstance(numbers, list) or not numbers or not all(isinstance(n, str) for n in numbers):
            return json_answer({"status_code": "REQUEST_DATA_MALFORMED"}, 411)
        if len(numbers) > MAX_NUMBERS:
            return json_answer({"status_code": "TOO_LARGE_REQUEST"}, 413)
        return self._statuses(numbers, now, effects)

    def _statuses(self, numbers: list[str], now: datetime, effects: Effects) -> Answer:
        table, by_number = self._rows.at(now), self._by_number.at(now)
        columns = self.contract.columns
        known = [] if effects.empty else [n for n in numbers if n in by_number]
        found = dict(zip(known, take(table, columns, [by_number[n] for n in known]), strict=True))
        unknown: Row = {c.wire: NOT_REGISTERED if c.wire == "tax_type" else "" for c in columns}
        rows: list[Row] = [
            {wire: text or "" for wire, text in found[n].items()} if n in found else {**unknown, "b_no": n}
            for n in ([] if effects.empty else numbers)
        ]
        # One answer per number asked: a tenfold or shifted register does not show here.
        rows = replace(effects, tenfold=False).rows(rows, [0] * len(rows), "b_no", columns)
        counts = {"request_cnt": effects.total(len(numbers)), "match_cnt": len(found)}
        return json_answer({**counts, "status_code": "OK", "data": rows})
