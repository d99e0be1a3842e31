"""Text that stays text wherever an export is opened: names, titles and codes come from outside.

A spreadsheet runs a CSV cell that begins as a formula (OWASP, CSV injection); a browser that sniffs JSON or HTML runs
markup; a name that becomes a path leaves its folder.
"""

from __future__ import annotations

import re

#: what a spreadsheet takes for the beginning of a formula, full-width forms and leading control characters included
FORMULA = "^[\\s\\x00-\\x1f\\x{200b}\\x{feff}\"']*[=+\\-@|%＝＋－＠]"
_FORMULA = re.compile("^[\\s\\x00-\\x1f\\u200b\\ufeff\"']*[=+\\-@|%＝＋－＠]")
#: a code or name that may be part of a file name: one segment, never hidden, at most 80 letters
_SEGMENT = re.compile(r"^[0-9A-Za-z가-힣_][0-9A-Za-z가-힣_.-]{0,79}$")
#: characters of JSON text that markup needs; they stand only inside strings, so an escape changes no value
_MARKUP = {b"<": b"\\u003c", b">": b"\\u003e", b"&": b"\\u0026"}


def inert(text: str) -> str:
    """``text`` as a cell of a CSV file: an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if _FORMULA.match(text) else text


def inert_sql(column: str) -> str:
    """SQL (DuckDB) for :func:`inert` of a text column."""
    pattern = FORMULA.replace("'", "''")
    return f"case when regexp_matches({column}, '{pattern}') then '''' || {column} else {column} end"


def inert_json(data: bytes) -> bytes:
    """JSON text without a character that markup needs; it reads back as the same values."""
    for character, escape in _MARKUP.items():
        data = data.replace(character, escape)
    return data


def segment(name: str) -> str:
    """``name`` as one segment of a path. Raises ValueError for anything that could lead elsewhere."""
    if not _SEGMENT.match(name) or ".." in name:
        raise ValueError(f"{name[:80]!r} cannot be part of a file name: letters, digits, _ . - only.")
    return name
