"""Provinces and industries to drill into: exactly the cells that the open tables of the release show, which passed
disclosure control. A cell that is hidden there, or that was published with another value, is words here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from exports.reports.breakdowns import OPEN_TABLES, TRENDS, withheld
from exports.reports.content import Cell, Drill, Note, Part, Place, Table
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.words import month_text, text

MONTHS = 13
#: breakdown -> (its column in the mart, its concept in the open tables, indicator -> open table)
BREAKDOWNS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "region": ("region_code", "REF_AREA", OPEN_TABLES),
    "industry": (
        "industry_code",
        "ACTIVITY",
        {name: OPEN_TABLES[name] for name in ("acquisitions", "losses")},
    ),
}
_ID = {"region": "area", "industry": "industry"}


def drill(marts: Marts, breakdown: str) -> tuple[Part, ...]:
    """The newest month of every province or industry, and up to thirteen months of each."""
    lang = marts.lang
    column, concept, tables = BREAKDOWNS[breakdown]
    cells = marts.open_cells(tables, concept)
    months = sorted({period for _, period, _ in cells})[-MONTHS:]
    found = marts.rows(
        f"select * from {TRENDS} where list_contains(?, breakdown_type) and list_contains(?, indicator)"
        f" and list_contains(?, time_period) order by {column} <> ?, {column}, ref_period",
        [["total", breakdown], list(tables), months, TOTAL],
    )
    told = [name for name in tables if any(row["indicator"] == name for row in found)]
    if not found:
        return (Note((text("regions_withheld", lang),)),)
    names = marts.regions if breakdown == "region" else {**marts.industries, TOTAL: text("all_industries", lang)}
    by_place: dict[str, dict[date, dict[str, Cell]]] = {}
    for row in found:
        published = cells.get((row["indicator"], row["time_period"], row[column]))
        cell = _cell(row, column, published, lang)
        by_place.setdefault(row[column], {}).setdefault(row["ref_period"], {})[row["indicator"]] = cell
    newest = max(row["ref_period"] for row in found)
    heads = tuple(marts.label(name) for name in told)
    rows: list[tuple[Cell, ...]] = []
    places = []
    for code, of_place in by_place.items():
        if all(cell == "–" for own in of_place.values() for cell in own.values()):
            continue
        name = names.get(code, code)
        rows.append((name, *(of_place.get(newest, {}).get(one, "–") for one in told)))
        course: list[tuple[Cell, ...]] = [
            (month_text(month, lang), *(own.get(one, "–") for one in told)) for month, own in of_place.items()
        ]
        anchor = f"{_ID[breakdown]}-{code.lstrip('_')}"
        caption = text("drill_months", lang, place=name)
        places.append(Place(anchor, name, Table(anchor, caption, (text("month", lang), *heads), course)))
    what = text(breakdown, lang)
    caption = text("drill_overview", lang, what=what, month=month_text(newest, lang))
    overview = Table(f"{breakdown}_overview", caption, (what, *heads), rows)
    return Drill(breakdown, what, overview, places), Note((text("drill_note", lang),))


def _cell(row: dict[str, Any], column: str, published: tuple[str, Any] | None, lang: str) -> Cell:
    """The figure where it is the published one; totals of the nation are always shown."""
    if row["value"] is None:
        return "–"
    if row[column] != TOTAL and (said := withheld(row["value"], published, lang)) is not None:
        return said
    return number(row, "value", TRENDS, ("ref_period", "indicator", "breakdown_type", column))
