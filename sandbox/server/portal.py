"""A partner portal's postings: paged JSON of schema.org JobPosting objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from sandbox.server.answers import Answer, Request, json_answer
from sandbox.server.contracts import Contract
from sandbox.server.data import AtClock, Row, load_rows, take
from sandbox.server.effects import Effects

#: types of the nested objects, by their path
_TYPES = {
    "hiringOrganization": "Organization",
    "jobLocation": "Place",
    "jobLocation.address": "PostalAddress",
    "baseSalary": "MonetaryAmount",
    "baseSalary.value": "QuantitativeValue",
}


class Portal:
    """Newest first. Page and size beyond the limits of the agreement are answered with HTTP 400."""

    source: ClassVar[str] = "portal_vacancies"
    endpoints: ClassVar[Mapping[str, str]] = {"list": "path"}

    def __init__(self, contract: Contract, file: Path) -> None:
        self.contract = contract
        paging = contract.fetch["paging"]
        self._page, self._size = paging["page_param"], paging["size_param"]
        self._items, self._total = paging["items"], paging["total"]
        self._max_size, self._max_page = paging["page_size"], paging["page_ceiling"]
        self._numbers = {c.wire for c in contract.columns if c.is_number}
        self._rows = AtClock(lambda now: load_rows(file, contract, now, "posted_date DESC, posting_id DESC"))

    def answer(self, endpoint: str, request: Request, now: datetime, effects: Effects) -> Answer:
        page, size = request.whole(self._page, 1), request.whole(self._size, 50)
        if page is None or not 1 <= page <= self._max_page or size is None or not 1 <= size <= self._max_size:
            limits = f"{self._page}: 1..{self._max_page}, {self._size}: 1..{self._max_size}"
            return json_answer({"error": "invalid_parameter", "message": limits}, 400)
        table = self._rows.at(now)
        index = effects.population(np.arange(table.num_rows, dtype=np.int64))
        first, last = effects.window(page, size)
        positions, copies = effects.positions(index[first:last])
        columns = self.contract.columns
        rows = effects.rows(take(table, columns, positions), copies, "identifier", columns)
        head = {self._total: effects.total(len(index)), self._page: page, self._size: size}
        return json_answer({**head, self._items: [self._posting(row) for row in rows]})

    def _posting(self, row: Row) -> dict[str, Any]:
        posting: dict[str, Any] = {"@context": "https://schema.org", "@type": "JobPosting"}
        for wire, text in row.items():
            *path, leaf = wire.split(".")
            place = posting
            for depth, name in enumerate(path):
                place = place.setdefault(name, _typed(".".join(path[: depth + 1])))
            place[leaf] = _number(text) if wire in self._numbers else text
        return posting


def _typed(path: str) -> dict[str, Any]:
    return {"@type": _TYPES[path]} if path in _TYPES else {}


def _number(text: str | None) -> int | float | str | None:
    """A number as JSON writes it; text that is none stays text (a provider's column may drift)."""
    if text is None:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
