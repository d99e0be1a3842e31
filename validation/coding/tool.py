"""Titles of a file coded without a warehouse: one per line, or NDJSON with ``title`` and what else a line carries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from validation.coding.coder import Coder
from validation.coding.schemes import CodingError

#: lines coded together; a reader of a pipe waits for no more than these
_BATCH = 500


def code_lines(
    lines: Iterable[str], coder: Coder, corrections: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """One answer per line that is not blank, in their order. Raises CodingError naming the line that cannot be read."""
    titles = _titles(lines)
    version = str(coder.facts.get("version", ""))[:16]
    while batch := list(islice(titles, _BATCH)):
        for answer in coder.code(batch, corrections):
            yield answer | {"scheme": coder.scheme, "model": version}


def _titles(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    is_json: bool | None = None
    for number, line in enumerate(lines, start=1):
        text = line.lstrip("\ufeff").strip() if number == 1 else line.strip()
        if not text:
            continue
        if is_json is None:
            is_json = text.startswith("{")
        yield _asked(text, number) if is_json else (text, "")


def _asked(text: str, number: int) -> tuple[str, str]:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise CodingError(f"line {number} is no JSON ({error.msg}). Write one object per line.") from None
    if not isinstance(row, dict) or not isinstance(row.get("title"), str):
        raise CodingError(f'line {number} has no title. Write objects with a text `title`, such as {{"title": "…"}}.')
    described = row.get("text")
    if described is not None and not isinstance(described, str):
        raise CodingError(f"line {number}: `text` is no text. Leave it out or put it in quotation marks.")
    return row["title"], described or ""
