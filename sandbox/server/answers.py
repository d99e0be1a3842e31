"""Requests as providers see them, answers as they give them, and the XML and JSON they are written in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from sandbox.server.data import Row

XML = "text/xml;charset=UTF-8"
JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Request:
    """One request: parameters with their first value (names are case-sensitive, as at the real providers)."""

    method: str
    path: str
    parameters: Mapping[str, str]
    body: bytes = b""

    def get(self, name: str, default: str = "") -> str:
        return self.parameters.get(name, default)

    def whole(self, name: str, default: int) -> int | None:
        """Parameter as a whole number; ``default`` when absent or empty, None when it is not a number."""
        value = self.get(name).strip()
        if not value:
            return default
        return int(value) if value.isascii() and value.isdigit() else None


@dataclass(frozen=True)
class Answer:
    body: bytes
    content_type: str = XML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def element(tag: str, text: object) -> str:
    return f"<{tag}>{escape(str(text))}</{tag}>" if text not in (None, "") else f"<{tag}/>"


def elements(row: Mapping[str, object]) -> str:
    """A row as sibling elements; what is empty is an empty element, as the real services send it."""
    return "".join([element(tag, text) for tag, text in row.items()])


def repeated(tag: str, rows: Iterable[Row]) -> str:
    return "".join([f"<{tag}>{elements(row)}</{tag}>\n" for row in rows])


def xml(text: str) -> Answer:
    return Answer((DECLARATION + text).encode())


def json_answer(value: Any, status: int = 200) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False).encode(), JSON, status)


def not_found() -> Answer:
    """The HTML page a portal shows for an address it does not know."""
    page = (
        "<!DOCTYPE html>\n<html lang='ko'><head><title>404</title></head>"
        "<body><h1>페이지를 찾을 수 없습니다</h1></body></html>\n"
    )
    return Answer(page.encode(), HTML, 404)
