"""Reads the figures of a rendered report back and looks each up where it says it stands, as ``lmi query`` would."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
from lxml import html


def wrong_figures(page: str, marts: Path) -> tuple[int, list[str]]:
    """How many figures the page holds, and those whose value or shown text is not that of the mart."""
    found = html.fromstring(page.encode()).xpath("//data[@data-id]")
    wrong = []
    with duckdb.connect() as con:
        con.execute(f"attach '{marts}' as marts (read_only)")
        con.execute("use marts")
        for table in (marts.parent / "exports" / "open").glob("v*/tables/*.parquet"):
            con.execute(f"create temp view {table.stem} as from '{table}'")
        for figure in found:
            said = [_difference(con, one) for one in figure.get("data-id").split("/")]
            exact = said[0] if len(said) == 1 else Decimal(said[0]) / Decimal(said[1])
            if exact is None and not figure.get("value") and figure.text == "–":
                continue
            shown = figure.text.replace(",", "").replace("−", "-").lstrip("+")
            digits, scale = int(figure.get("data-digits", 0)), int(figure.get("data-scale", 1))
            rounded = ""
            if isinstance(exact, int | Decimal):
                rounded = f"{(Decimal(exact) * scale).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0:f}"
            if not rounded == figure.get("value") == shown:
                wrong.append(f"{figure.get('data-id')}: {figure.text} ({figure.get('value')}), the mart says {exact}")
    return len(found), wrong


def _difference(con: duckdb.DuckDBPyConnection, figure_ids: str) -> Any:
    """A figure, or what remains when another is taken from it."""
    said = [_exact(con, one) for one in figure_ids.split(",")]
    return said[0] if len(said) == 1 else said[0] - said[1]


def _exact(con: duckdb.DuckDBPyConnection, figure_id: str) -> Any:
    """What stands at a place of a mart or of an open table."""
    place, _, grain = figure_id.partition("?")
    mart, _, column = place.partition(".")
    key = parse_qsl(grain)
    where = " and ".join(f"cast({name} as varchar) = ?" for name, _ in key)
    is_open = bool(key) and key[0][0] == "TIME_PERIOD"
    rows = con.execute(f"select {column} from {mart} where {where}", [value for _, value in key]).fetchall()
    if is_open and not rows:  # open tables leave zeros out of the months that they hold
        rows = con.execute(f"select distinct 0 from {mart} where TIME_PERIOD = ?", [key[0][1]]).fetchall()
    return rows[0][0] if len(rows) == 1 else "no single row"
