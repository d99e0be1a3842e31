"""Provinces, the Beveridge curve and the verification.

Provinces show exactly the cells that the open tables of the release show: those passed disclosure control.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from exports.reports.charts import BLUE, GREY, INK, ORANGE
from exports.reports.content import Cell, Chart, Note, Number, Part, Sentence, Sentences, Table
from exports.reports.quality import break_note
from exports.reports.reading import TOTAL, Marts, OpenCells, number
from exports.reports.words import NO_BREAK, month_text, sentence, text, unit_word

TRENDS = "mart_employment_trends_monthly"
TREND_GRAIN = ("ref_period", "indicator", "breakdown_type", "region_code", "occupation_code", "industry_code", "sex",
               "age_group")  # fmt: skip
VERIFICATION = "mart_vacancy_verification"
#: open table in which a province's total of an indicator stands
OPEN_TABLES = {
    "openings_new": "openings_by_region_occupation",
    "registrations_new": "registrations_by_region_sex_age",
    "acquisitions": "acquisitions_by_region_industry",
    "losses": "losses_by_region_industry",
    "ui_claims_new": "ui_claims_by_region_sex",
}
#: the same of counts at month end
OPEN_STOCKS = {"openings_open": "openings_open_by_region", "registrations_open": "registrations_open_by_region"}
#: open tables by industry
INDUSTRY_TABLES = {name: OPEN_TABLES[name] for name in ("acquisitions", "losses")}
#: dimension -> (breakdown of the trends, its column)
_COLUMNS = {
    "REF_AREA": ("region", "region_code"), "ACTIVITY": ("industry", "industry_code"), "SEX": ("sex", "sex"),
    "AGE": ("age_group", "age_group"),
}  # fmt: skip
TABLE_MONTHS = 13
_CURVE_MONTHS = 36


def published(marts: Marts, tables: Mapping[str, str], concept: str) -> OpenCells:
    """``Marts.open_cells`` with the zeros: a province or industry that an open table shows in some month, and not in
    another which it holds, had none. Which there were in a month the trends say."""
    cells = marts.open_cells(tables, concept)
    codes = {code for _, _, code in cells}
    breakdown, column = _COLUMNS[concept]
    there = marts.rows(
        f"select indicator, time_period, {column} as code from {TRENDS} where breakdown_type = ? and value is not null"
        " and list_contains(?, indicator) and list_contains(?, time_period)",
        [breakdown, list(tables), sorted({month for _, month, _ in cells})],
    )
    like = {place[:2]: shown for place, shown in cells.items() if shown is not None}
    for row in there:
        shown = like.get((row["indicator"], row["time_period"]))
        if shown is not None and row["code"] in codes:
            key = tuple((name, row["code"] if name == concept else value) for name, value in shown.key)
            cells.setdefault((row["indicator"], row["time_period"], row["code"]), replace(shown, value=0, key=key))
    return cells


def open_cell(cells: OpenCells, place: tuple[str, str, str], lang: str, mark: str = "") -> Cell:
    """A cell as the open tables show it. Whatever has come since, or a word that something has, would tell of single
    reports between two publications."""
    if place not in cells:
        return "–"
    shown = cells[place]
    if shown is None:  # the series breaks there whether its figure is told or not
        return NO_BREAK.join(filter(None, (text("cell_hidden", lang), mark)))
    return replace(shown, mark=mark)


def first_day(time_period: str) -> date:
    """Of a month such as 2026-08."""
    return date.fromisoformat(f"{time_period}-01")


def _breaks(marts: Marts, region: str | None = None) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Where series of provinces, or of one, break: rows by (indicator, month, province)."""
    found = marts.rows(
        f"select * from {TRENDS} where breakdown_type = 'region' and break_reason is not null"
        " and list_contains(?, indicator) and region_code = coalesce(?, region_code)",
        [list(OPEN_TABLES), region],
    )
    return {(row["indicator"], row["time_period"], row["region_code"]): row for row in found}


def _notes(rows: Sequence[dict[str, Any]], marts: Marts) -> Sequence[Note]:
    """What the marks of a table of provinces mean."""
    hidden = Note((text("drill_note", marts.lang),))
    broken = break_note(rows, marts)
    return (hidden, broken) if broken else (hidden,)


def regions(marts: Marts) -> Sequence[Part]:
    """The nation and its provinces in the newest month of the open tables."""
    lang = marts.lang
    cells = published(marts, OPEN_TABLES, "REF_AREA")
    if not cells:
        return (Note((text("regions_withheld", lang),)),)
    month = max(period for _, period, _ in cells)
    broken = {place: row for place, row in _breaks(marts).items() if place[1] == month}
    told = [name for name in OPEN_TABLES if any(place[:2] == (name, month) for place in cells)]
    codes = sorted({code for _, period, code in cells if period == month}, key=lambda code: (code != TOTAL, code))
    table: list[tuple[Cell, ...]] = []
    for code in codes:
        places = [(name, month, code) for name in told]
        shown = [open_cell(cells, place, lang, "b" if place in broken else "") for place in places]
        table.append((marts.regions.get(code, code), *shown))
    columns = (text("region", lang), *(marts.label(name) for name in told))
    caption = text("region_caption", lang, month=month_text(first_day(month), lang))
    return (Table("regions", caption, columns, table), *_notes(list(broken.values()), marts))


def region_months(marts: Marts, region: str) -> Sequence[Part]:
    """One province: what is new in a sentence each, and thirteen months of the open tables."""
    lang = marts.lang
    cells = {place: shown for place, shown in published(marts, OPEN_TABLES, "REF_AREA").items() if place[2] == region}
    if not cells:
        return (Note((text("regions_withheld", lang),)),)
    months = sorted({month for _, month, _ in cells})[-TABLE_MONTHS:]
    newest, oldest = months[-1], months[0]
    broken = {place: row for place, row in _breaks(marts, region).items() if place[1] in months}
    told = [name for name in OPEN_TABLES if any(indicator == name for indicator, _, _ in cells)]

    def cell(indicator: str, month: str) -> Cell:
        place = (indicator, month, region)
        return open_cell(cells, place, lang, "b" if place in broken else "")

    said: list[Sentence] = []
    for name in told:
        facts: dict[str, object] = {
            "label": marts.label(name), "month": month_text(first_day(newest), lang), "value": cell(name, newest),
            "unit": unit_word(marts.indicators[name]["unit"], lang),
        }  # fmt: skip
        if not isinstance(facts["value"], Number):
            continue
        if isinstance(then := cell(name, oldest), Number):
            facts |= {"before_month": month_text(first_day(oldest), lang), "before": then}
        said.append(sentence("region_sentence" if "before" in facts else "region_sentence_alone", lang, **facts))
    table: list[tuple[Cell, ...]] = [
        (month_text(first_day(month), lang), *(cell(name, month) for name in told)) for month in months
    ]
    columns = (text("month", lang), *(marts.label(name) for name in told))
    caption = text("recent_caption", lang, block=marts.regions.get(region, region))
    told_table = Table("region_months", caption, columns, table)
    return *([Sentences(said, "headline")] if said else []), told_table, *_notes(list(broken.values()), marts)


def tightness(marts: Marts) -> Sequence[Part]:
    """The Beveridge curve of the registers: one point a month, joined in time."""
    lang = marts.lang
    found = marts.rows(
        f"select * from {TRENDS} where breakdown_type = 'total' and status = 'F' and value is not null"
        " and indicator in ('beveridge_u_register', 'beveridge_v_register')"
        " and ref_period >= date_trunc('month', ?::date) - to_months(?) order by ref_period, indicator",
        [marts.as_of, _CURVE_MONTHS],
    )
    pairs: dict[Any, list[dict[str, Any]]] = {}
    for row in found:
        pairs.setdefault(row["ref_period"], []).append(row)
    pairs = {month: rows for month, rows in pairs.items() if len(rows) == 2}
    if len(pairs) < 2:
        return (Note((text("nothing_to_show", lang),)),)
    told = [[number(row, "value", TRENDS, TREND_GRAIN, digits=2, scale=100) for row in rows] for rows in pairs.values()]
    table: list[tuple[Cell, ...]] = [
        (month_text(month, lang), *points) for month, points in zip(pairs, told, strict=True)
    ]
    months = [str(table[0][0]), str(table[-1][0])]
    span = {"first": months[0], "last": months[1]}
    columns = (text("month", lang), *(f"{marts.label(row['indicator'])} (%)" for row in next(iter(pairs.values()))))
    data = Table("tightness", text("tightness_title", lang, **span), columns, table)
    (first_u, first_v), (last_u, last_v) = ([one.shown for one in points] for points in (told[0], told[-1]))
    said = text("tightness_alternative", lang, first_month=months[0], first_u=first_u, first_v=first_v,
                last_month=months[1], last_u=last_u, last_v=last_v)  # fmt: skip
    chart = Chart("tightness", data.caption, said, _curve(pairs, lang), data)
    return chart, Note((text("tightness_note", lang),))


def _curve(pairs: dict[Any, list[dict[str, Any]]], lang: str) -> dict[str, Any]:
    last = len(pairs) - 1
    values = [
        {
            "order": order, "u": float(u["value"]) * 100, "v": float(v["value"]) * 100,
            "name": month_text(month, lang) if order in (0, last) or month.month == 1 else "",
            "newest": order == last,
        }
        for order, (month, (u, v)) in enumerate(pairs.items())
    ]  # fmt: skip
    x = {"field": "u", "type": "quantitative", "scale": {"zero": False}, "axis": {"title": "u (%)"}}
    y = {"field": "v", "type": "quantitative", "scale": {"zero": False}, "axis": {"title": "v (%)"}}
    point = {"condition": {"test": "datum.newest", "value": ORANGE}, "value": BLUE}
    return {
        "data": {"values": values},
        "width": 520,
        "height": 260,
        "layer": [
            {"mark": {"type": "line", "color": GREY, "strokeWidth": 1},
             "encoding": {"x": x, "y": y, "order": {"field": "order"}}},
            {"mark": {"type": "point", "filled": True, "size": 34}, "encoding": {"x": x, "y": y, "color": point}},
            {"mark": {"type": "text", "dy": -9, "fontSize": 11, "color": INK},
             "encoding": {"x": x, "y": y, "text": {"field": "name"}}},
        ],
    }  # fmt: skip


def verification(marts: Marts) -> Part:
    """Vacancies submitted in the last six ended months and what became of them."""
    lang = marts.lang
    found = marts.rows(
        f"select * from {VERIFICATION} where channel_code = ? and ref_period < date_trunc('month', ?::date)"
        " order by ref_period desc limit 6",
        [TOTAL, marts.as_of],
    )
    grain = ("ref_period", "channel_code")
    rows: list[tuple[Cell, ...]] = [
        (
            month_text(row["ref_period"], lang),
            *(number(row, name, VERIFICATION, grain) for name in ("submitted", "posted", "rejected", "concluded")),
            number(row, "posting_rate", VERIFICATION, grain, scale=100, digits=1),
            number(row, "backlog", VERIFICATION, grain),
        )
        for row in reversed(found)
    ]
    heads = ("month", "submitted", "posted", "rejected", "concluded", "posting_rate", "backlog")
    return Table("verification", text("verification_caption", lang), tuple(text(head, lang) for head in heads), rows)
