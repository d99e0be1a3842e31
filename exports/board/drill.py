"""Provinces and industries to drill into: exactly the cells that the open tables of the release show, which passed
disclosure control, as they were published. A cell that is hidden there is a word here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from exports.reports.breakdowns import INDUSTRY_TABLES, OPEN_TABLES, first_day, open_cell, published
from exports.reports.content import Cell, Drill, Note, Part, Place, Table
from exports.reports.reading import TOTAL, Marts
from exports.reports.words import month_text, text

MONTHS = 13
#: breakdown -> (its concept in the open tables, indicator -> open table)
BREAKDOWNS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "region": ("REF_AREA", OPEN_TABLES),
    "industry": ("ACTIVITY", INDUSTRY_TABLES),
}
_ID = {"region": "area", "industry": "industry"}


def drill(marts: Marts, breakdown: str) -> tuple[Part, ...]:
    """The newest month of the nation and every province or industry, and up to thirteen months of each."""
    lang = marts.lang
    concept, tables = BREAKDOWNS[breakdown]
    cells = published(marts, tables, concept)
    if not cells:
        return (Note((text("regions_withheld", lang),)),)
    months = sorted({period for _, period, _ in cells})[-MONTHS:]
    told = [name for name in tables if any(indicator == name for indicator, _, _ in cells)]
    names = marts.regions if breakdown == "region" else {**marts.industries, TOTAL: text("all_industries", lang)}
    heads = tuple(marts.label(name) for name in told)
    rows: list[tuple[Cell, ...]] = []
    places = []
    for code in sorted({code for _, _, code in cells}, key=lambda code: (code != TOTAL, code)):
        name = names.get(code, code)
        by_month = {month: [open_cell(cells, (one, month, code), lang) for one in told] for month in months}
        rows.append((name, *by_month[months[-1]]))
        course: list[tuple[Cell, ...]] = [(month_text(first_day(month), lang), *own) for month, own in by_month.items()]
        # a code may be anything that was delivered
        anchor = f"{_ID[breakdown]}-{re.sub(r'[^0-9A-Za-z]+', '-', code.lstrip('_'))}"
        caption = text("drill_months", lang, place=name)
        places.append(Place(anchor, name, Table(anchor, caption, (text("month", lang), *heads), course)))
    what = text(breakdown, lang)
    caption = text("drill_overview", lang, what=what, month=month_text(first_day(months[-1]), lang))
    overview = Table(f"{breakdown}_overview", caption, (what, *heads), rows)
    return Drill(breakdown, what, overview, places), Note((text("drill_note", lang),))
