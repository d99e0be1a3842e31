"""Valid openings against valid seekers of each province, as small multiples.

The Beveridge curve in counts, as the open tables publish them: shares would need the insured persons of a province,
whom those count otherwise (who works in two provinces counts once) and hide where they would tell a flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from exports.reports.breakdowns import OPEN_STOCKS, first_day, published
from exports.reports.charts import BLUE, GREY, INK, ORANGE
from exports.reports.content import Cell, Chart, Note, Number, Part, Table
from exports.reports.reading import TOTAL, Marts, OpenCells
from exports.reports.words import month_text, text

TIGHTNESS = "openings_open_per_seeker"
_MONTHS = 36
_NOWHERE = {TOTAL, "_U"}


@dataclass(frozen=True)
class Point:
    """One province at the end of one month. ``tightness``: openings by seekers."""

    month: str
    seekers: Number
    openings: Number
    tightness: Number


def curves(marts: Marts, region: str | None = None) -> Sequence[Part]:
    """A panel for each province with the months that the open tables show, or ``region`` alone."""
    lang = marts.lang
    cells = published(marts, OPEN_STOCKS, "REF_AREA")
    months = sorted({month for _, month, _ in cells})[-_MONTHS:]
    codes = sorted({code for *_, code in cells} - _NOWHERE) if region is None else [region]
    paths = {code: path for code in codes if (path := _path(cells, months, code))}
    if not paths:
        return (Note((text("curves_none", lang),)),)
    names = {code: marts.regions.get(code, code) for code in paths}
    table: list[tuple[Cell, ...]] = [
        (f"{names[code]}, {month_text(first_day(one.month), lang)}", one.seekers, one.openings, one.tightness)
        for code, path in paths.items()
        for one in path
    ]
    span = {"first": month_text(first_day(months[0]), lang), "last": month_text(first_day(months[-1]), lang)}
    place = names[region] if region else text("regions", lang)
    caption = text("curves_caption", lang, place=place, **span)
    labels = (marts.label(one) for one in ("registrations_open", "openings_open", TIGHTNESS))
    data = Table("curves", caption, (f"{text('region', lang)}, {text('month', lang)}", *labels), table)
    newest = sorted(paths, key=lambda code: -(paths[code][-1].tightness.value or 0))
    top, bottom = newest[0], newest[-1]
    said = text("curves_alternative_one" if region else "curves_alternative", lang, count=len(paths), top=names[top],
                most=paths[top][-1].tightness.shown, bottom=names[bottom],
                least=paths[bottom][-1].tightness.shown)  # fmt: skip
    panels = [_panel(path, "" if region else names[code], lang) for code, path in paths.items()]
    chart = Chart("curves", caption, said, {"concat": panels, "columns": 4, "spacing": 14}, data)
    return chart, Note((text("curves_note_one" if region else "curves_note", lang),))


def _path(cells: OpenCells, months: Sequence[str], code: str) -> list[Point]:
    """Months of which both counts are shown."""
    path = []
    for month in months:
        openings, seekers = (cells.get((one, month, code)) for one in ("openings_open", "registrations_open"))
        if openings and seekers and seekers.value:
            tightness = replace(openings, value=Decimal(openings.value or 0) / seekers.value, digits=2, per=seekers)
            path.append(Point(month, seekers, openings, tightness))
    return path


def _panel(path: Sequence[Point], title: str, lang: str) -> dict[str, Any]:
    """One province: months joined in time, the newest named, the first hollow. Without ``title`` it stands alone."""
    last = len(path) - 1
    values = [
        {
            "order": order,
            "u": float(one.seekers.value or 0),
            "v": float(one.openings.value or 0),
            "name": one.month[2:].replace("-", ".") if lang == "ko" else month_text(first_day(one.month), lang),
            "place": "newest" if order == last else "first" if order == 0 else "",
        }
        for order, one in enumerate(path)
    ]
    x, y = (
        {"field": side, "type": "quantitative", "scale": {"domain": _span(drawn), "nice": False},
         "axis": {"title": None, "tickCount": 3, "tickMinStep": 1, "format": ",d",
                  "minExtent": 28 if side == "v" else 0}}
        for side, drawn in (("u", [float(one.seekers.value or 0) for one in path]),
                            ("v", [float(one.openings.value or 0) for one in path]))
    )  # fmt: skip
    newest = "datum.place == 'newest'"
    point = {"x": x, "y": y, "color": {"condition": {"test": newest, "value": ORANGE}, "value": BLUE}}
    named = {"x": x, "y": y, "text": {"field": "name"}}
    label = {"type": "text", "dy": -10, "fontSize": 10, "color": INK}
    return {
        "title": title or None,
        "width": 130 if title else 640,
        "height": 95 if title else 70,
        "data": {"values": values},
        "layer": [
            {"mark": {"type": "line", "color": GREY, "strokeWidth": 1},
             "encoding": {"x": x, "y": y, "order": {"field": "order"}}},
            {"mark": {"type": "point", "filled": True, "opacity": 1},
             "encoding": {**point, "size": {"condition": {"test": newest, "value": 60}, "value": 20}}},
            {"transform": [{"filter": "datum.place == 'first'"}],
             "mark": {"type": "point", "filled": True, "fill": "white", "stroke": BLUE, "size": 34, "opacity": 1},
             "encoding": {"x": x, "y": y}},
            # the label of the newest month on white, so that it reads over lines
            {"transform": [{"filter": newest}], "mark": {**label, "stroke": "white", "strokeWidth": 3},
             "encoding": named},
            {"transform": [{"filter": newest}], "mark": label, "encoding": named},
        ],
    }  # fmt: skip


def _span(drawn: Sequence[float]) -> list[float]:
    """Ends of an axis: at least the upper half from zero, so that a small step does not look large."""
    return [min(0.9 * min(drawn), max(drawn) / 2), 1.2 * max(*drawn, 1.0)]
