"""Tables and charts by industry, people and province, the Beveridge curve and the verification.

Provinces show exactly the cells that the open tables of the release show: those passed disclosure control. Other
breakdowns are withheld whole where one of their cells is below its threshold; insured persons are hidden where they
would tell a flow that the open tables hide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from exports.reports.charts import BLUE, GREY, INK, ORANGE
from exports.reports.content import Cell, Chart, Note, Number, Part, Sentence, Sentences, Table
from exports.reports.figures import KEY_FIGURES, fewest_persons, mark_of
from exports.reports.quality import break_note
from exports.reports.reading import TOTAL, Marts, OpenCells, number
from exports.reports.words import month_text, sentence, text, unit_word

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
#: open tables of the flows between two stocks
FLOWS_OF_INDUSTRIES = {name: OPEN_TABLES[name] for name in ("acquisitions", "losses")}
FLOWS_OF_PEOPLE = {"acquisitions": "acquisitions_by_sex_age", "losses": "losses_by_sex_age"}
#: dimension -> (breakdown of the trends, its column)
_COLUMNS = {"REF_AREA": ("region", "region_code"), "ACTIVITY": ("industry", "industry_code")}
_CURVE_MONTHS, _TABLE_MONTHS = 36, 13


def _trend(row: dict[str, Any], **shape: Any) -> Number:
    return number(row, "value", TRENDS, TREND_GRAIN, **shape)


def _cells(marts: Marts, indicators: Sequence[str], breakdowns: Sequence[str]) -> list[dict[str, Any]]:
    """Cells of the newest month in which insured persons may stand in a headline."""
    return marts.rows(
        f"select * from {TRENDS} where list_contains(?, indicator) and list_contains(?, breakdown_type)"
        f" and ref_period = (select ref_period from {KEY_FIGURES} where frequency = 'M'"
        " and indicator = 'insured_stock' and region_code = ?)",
        [list(indicators), list(breakdowns), TOTAL],
    )


def _withheld(marts: Marts, rows: list[dict[str, Any]]) -> bool:
    return any(0 < row["value"] < fewest_persons() for row in rows if row["indicator"] == "insured_stock")


def _hidden(marts: Marts, flows: Mapping[str, str], concept: str, stocks: Mapping[str, Any]) -> set[str]:
    """Codes whose stock is hidden, because the open tables hide their acquisitions or losses in some month: the stocks
    of two months and the flow that is shown would tell the other. Where that is one alone the total would tell it, so
    the smallest of the others goes with it. ``stocks``: persons by code."""
    hidden = {code for (_, _, code), shown in marts.open_cells(flows, concept).items() if shown is None}
    hidden &= stocks.keys()
    others = stocks.keys() - hidden
    return hidden | {min(others, key=lambda code: (stocks[code], code))} if len(hidden) == 1 and others else hidden


def industries(marts: Marts) -> Sequence[Part]:
    """Insured persons by industry with the contribution of each to growth, as bars and table."""
    lang = marts.lang
    rows = _cells(marts, ("insured_stock", "insured_growth_contribution_12m"), ("industry",))
    if not rows:
        return ()
    if _withheld(marts, rows):
        return (Note((text("withheld_small", lang, threshold=fewest_persons()),)),)
    names = marts.industries
    stocks = {row["industry_code"]: row for row in rows if row["indicator"] == "insured_stock"}
    hidden = _hidden(marts, FLOWS_OF_INDUSTRIES, "ACTIVITY", {code: row["value"] for code, row in stocks.items()})
    shares = [row for row in rows if row["indicator"] != "insured_stock" and row["value"] is not None]
    shares = [row for row in shares if row["industry_code"] not in hidden]
    if not shares:
        return (Note((text("stock_hidden", lang),)),)
    shares.sort(key=lambda row: (-row["value"], row["industry_code"]))
    month = month_text(rows[0]["ref_period"], lang)
    table: list[tuple[Cell, ...]] = [
        (
            names.get(row["industry_code"], row["industry_code"]),
            _trend(stocks[row["industry_code"]]),
            _trend(row, digits=2, signed=True),
        )
        for row in shares
    ]
    columns = tuple(text(key, lang) for key in ("industry", "stock", "contribution"))
    data = Table("industries", text("industry_caption", lang, month=month), columns, table)
    values = [
        {"industry": str(cells[0]), "value": float(row["value"])} for cells, row in zip(table, shares, strict=True)
    ]
    spec = {
        "data": {"values": values},
        "width": 520,
        "height": {"step": 15},
        "mark": {"type": "bar", "color": BLUE},
        "encoding": {
            "y": {"field": "industry", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 330}},
            "x": {
                "field": "value",
                "type": "quantitative",
                "axis": {"title": text("contribution", lang), "tickCount": 6},
            },
        },
    }
    ends = {
        "top": table[0][0],
        "top_value": _shown(table[0][2]),
        "bottom": table[-1][0],
        "bottom_value": _shown(table[-1][2]),
    }
    # by code, as their place among the others would tell about their size
    table += [(names.get(code, code), *(text("cell_hidden", lang),) * 2) for code in sorted(hidden)]
    said = text("industry_alternative", lang, **ends)
    chart = Chart("industries", data.caption, said, spec, data, is_data_printed=True)
    return (chart, Note((text("stock_hidden", lang),))) if hidden else (chart,)


def _shown(cell: Cell) -> str:
    return cell.shown if isinstance(cell, Number) else cell


def people(marts: Marts) -> Sequence[Part]:
    """Insured persons by sex and by age with their growth."""
    lang = marts.lang
    rows = _cells(marts, ("insured_stock", "insured_growth_12m"), ("sex", "age_group"))
    if not rows:
        return ()
    if _withheld(marts, rows):
        return (Note((text("withheld_small", lang, threshold=fewest_persons()),)),)
    by_cell: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in sorted(rows, key=_by_sex_then_age):
        by_cell.setdefault((row["sex"], row["age_group"]), {})[row["indicator"]] = row
    stocks = {cell: found["insured_stock"]["value"] for cell, found in by_cell.items()}
    sexes = {sex: value for (sex, _), value in stocks.items() if sex != TOTAL}
    ages = {age: value for (sex, age), value in stocks.items() if sex == TOTAL}
    hidden = _hidden(marts, FLOWS_OF_PEOPLE, "SEX", sexes) | _hidden(marts, FLOWS_OF_PEOPLE, "AGE", ages)
    table: list[tuple[Cell, ...]] = []
    for (sex, age), found in by_cell.items():
        growth = found.get("insured_growth_12m")
        code = sex if sex != TOTAL else age
        label = text(f"code_{code}", lang)
        if code in hidden:
            table.append((label, *(text("cell_hidden", lang),) * 2))
            continue
        table.append((label, _trend(found["insured_stock"]), _trend(growth, digits=1, signed=True) if growth else "–"))
    columns = tuple(text(key, lang) for key in ("people", "stock", "growth"))
    month = month_text(rows[0]["ref_period"], lang)
    made = Table("people", text("people_caption", lang, month=month), columns, table)
    return (made, Note((text("stock_hidden", lang),))) if hidden else (made,)


def _by_sex_then_age(row: dict[str, Any]) -> tuple[object, ...]:
    """Sexes, then age groups from the youngest; the unknown last of each."""
    age = row["age_group"]
    years = "".join(character for character in age if character.isdigit())
    return (row["breakdown_type"] != "sex", row["sex"], not years, "_LT" not in age, years)


def months(marts: Marts, name: str, indicators: Sequence[str], reasons: Sequence[str] = ()) -> Sequence[Part]:
    """The nation's figures of these indicators in the last ended months, as a table. ``reasons``: those that add up to
    another, which is shown; of them such as would tell of few are left out."""
    lang = marts.lang
    found = marts.rows(
        f"select * from {TRENDS} where breakdown_type = 'total' and list_contains(?, indicator)"
        " and ref_period < date_trunc('month', ?::date) and ref_period >= date_trunc('month', ?::date) - to_months(?)"
        " order by ref_period, list_position(?, indicator)",
        [list(indicators), marts.as_of, marts.as_of, _TABLE_MONTHS, list(indicators)],
    )
    by_month: dict[Any, dict[str, dict[str, Any]]] = {}
    for row in found:
        by_month.setdefault(row["ref_period"], {})[row["indicator"]] = row
    left_out = _left_out([{one: of[one]["value"] for one in reasons if one in of} for of in by_month.values()])
    found = [row for row in found if row["indicator"] not in left_out]
    told = [one for one in indicators if any(row["indicator"] == one for row in found)]
    if not told:
        return ()
    if any(row["unit"] == "events" and 0 < row["value"] < fewest_persons() for row in found):
        return (Note((text("withheld_small", lang, threshold=fewest_persons()),)),)
    table: list[tuple[Cell, ...]] = [
        (month_text(month, lang), *(_month_cell(of.get(one)) for one in told)) for month, of in by_month.items()
    ]
    caption = text("months_caption", lang, block=text(name, lang), count=len(table))
    made = Table(name, caption, (text("month", lang), *(marts.label(one) for one in told)), table)
    if not left_out:
        return (made,)
    labels = ", ".join(marts.label(one) for one in reasons if one in left_out)
    return (made, Note((text("reasons_left_out", lang, labels=labels, threshold=fewest_persons()),)))


def _left_out(months: Sequence[Mapping[str, Any]]) -> set[str]:
    """Of parts of a total that is shown, those with a month below the threshold. The total less the others tells what
    these come to: so never one alone, nor several that are too few together. ``months``: value by part."""
    few = fewest_persons()
    totals: dict[str, Any] = {}
    for values in months:
        for one, value in values.items():
            totals[one] = totals.get(one, 0) + value
    left_out = {one for values in months for one, value in values.items() if 0 < value < few}
    for one in sorted(totals.keys() - left_out, key=lambda one: (totals[one], one)):
        together = [sum(values.get(other, 0) for other in left_out) for values in months]
        if not left_out or (len(left_out) > 1 and not any(0 < count < few for count in together)):
            break
        left_out.add(one)
    return left_out


def _month_cell(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return "–"
    return _trend(row, digits=3 if row["unit"] == "ratio" else 0, mark=mark_of(row))


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
    return text("cell_hidden", lang) if shown is None else replace(shown, mark=mark)


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
    months = sorted({month for _, month, _ in cells})[-_TABLE_MONTHS:]
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
    table: list[tuple[Cell, ...]] = [
        (month_text(month, lang), *(_trend(row, digits=2, scale=100) for row in rows)) for month, rows in pairs.items()
    ]
    months = [str(table[0][0]), str(table[-1][0])]
    span = {"first": months[0], "last": months[1]}
    columns = (text("month", lang), *(f"{marts.label(row['indicator'])} (%)" for row in next(iter(pairs.values()))))
    data = Table("tightness", text("tightness_title", lang, **span), columns, table)
    said = text(
        "tightness_alternative", lang, first_month=months[0], first_u=_shown(table[0][1]), first_v=_shown(table[0][2]),
        last_month=months[1], last_u=_shown(table[-1][1]), last_v=_shown(table[-1][2]),
    )  # fmt: skip
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
