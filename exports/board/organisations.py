"""Funnel plots of organisations: each against the limits around what its clients lead one to expect, and no ranking.

An organisation is shown from ten clients on (``is_small_n`` of the mart), with enough persons on both sides of the
outcome (``products.yml``); where only one would be left out, the next smallest is too, since the total would tell it.
Quarters of the same clients stand in an open table: what they leave of the year is held against the same thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from exports.reports.charts import BLUE, GREY, INK, ORANGE
from exports.reports.content import Cell, Chart, Note, Number, Part, Table
from exports.reports.figures import fewest_persons
from exports.reports.reading import Marts, number
from exports.reports.words import text

MART = "mart_performance"
GRAIN = ("frequency", "ref_period", "indicator", "breakdown_type", "organisation_code")
INDICATORS = ("employment_rate_6m", "placement_rate_6m", "retention_6m")
#: indicator -> open table of its numerator and the others by quarter
QUARTERS = {"placement_rate_6m": "placements_by_organisation"}
_OUTCOMES = ("PLACED", "NOT_PLACED")
_PERCENT = {"scale": 100, "digits": 1}
_OUTSIDE = ("above_95", "above_998", "below_95", "below_998")


def funnels(marts: Marts, indicator: str) -> Sequence[Part]:
    """The newest year whose windows have closed: chart and table of one indicator; nothing where there is none."""
    lang = marts.lang
    rows = marts.rows(
        f"""
        select facts.*, named.name_{lang} as name
        from {MART} as facts
        left join dim_organisation as named
            on facts.organisation_code = named.organisation_code and named.is_latest
        where facts.breakdown_type = 'organisation' and facts.frequency = 'A' and facts.indicator = ?
            and facts.ref_period = (
                select max(ref_period) from {MART}
                where breakdown_type = 'organisation' and frequency = 'A' and indicator = ? and status = 'F'
                    and limit_95_low is not null
            )
        order by facts.organisation_type, facts.organisation_code
        """,
        [indicator, indicator],
    )
    if not rows:
        return ()
    left_out = _left_out(rows, _told_by_quarters(marts, indicator, rows))
    shown = [row for row in rows if row["organisation_code"] not in left_out]
    table: list[tuple[Cell, ...]] = [_row(row, row["organisation_code"] in left_out, lang) for row in rows]
    heads = ("organisation", "clients", "rate", "expected", "limit_95", "limit_95_high", "position")
    caption = text("organisation_caption", lang, label=marts.label(indicator), year=rows[0]["time_period"])
    data = Table(f"funnel_{indicator}", caption, tuple(text(head, lang) for head in heads), table)
    note = Note((text("organisation_note", lang), text("organisation_hidden", lang, threshold=fewest_persons())))
    if len(shown) < 2:
        return data, note
    chart = Chart(data.name, caption, _said(shown, lang), _spec(shown, lang), data)
    return chart, note


def _told_by_quarters(marts: Marts, indicator: str, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Codes of organisations whose year, less the quarters that the open table shows, is one quarter or tells of too
    few: of these that table hides."""
    shown: dict[tuple[str, str], list[int]] = {}
    for row in marts.open_rows(QUARTERS[indicator]) if indicator in QUARTERS else ():
        if row["CONF_STATUS"] == "F" and row["TIME_PERIOD"].startswith(rows[0]["time_period"]):
            shown.setdefault((row["ORGANISATION"], row["OUTCOME"]), []).append(row["OBS_VALUE"])
    told = set()
    for row in rows:
        sides = (row["numerator"], row["denominator"] - row["numerator"])
        for outcome, persons in zip(_OUTCOMES, sides, strict=True):
            quarters = shown.get((row["organisation_code"], outcome), [])
            left = persons - sum(quarters)
            if len(quarters) == 3 or (0 < len(quarters) < 3 and left < fewest_persons("equity")):
                told.add(row["organisation_code"])
    return told


def _left_out(rows: Sequence[dict[str, Any]], by_quarters: set[str]) -> set[str]:
    """Codes of organisations whose rate would tell of too few persons, by itself or ``by_quarters``."""
    few = by_quarters | {row["organisation_code"] for row in rows if row["value"] is None or _is_few(row)}
    told = [row for row in rows if row["organisation_code"] not in few]
    if len(few) == 1 and told:
        few.add(min(told, key=lambda row: (row["denominator"], row["organisation_code"]))["organisation_code"])
    return few


def _is_few(row: dict[str, Any]) -> bool:
    return bool(row["is_small_n"]) or min(row["numerator"], row["denominator"] - row["numerator"]) < fewest_persons()


def _figure(row: dict[str, Any], column: str) -> Number:
    return number(row, column, MART, GRAIN, **_PERCENT)


def _row(row: dict[str, Any], is_left_out: bool, lang: str) -> tuple[Cell, ...]:
    name = row["name"] or row["organisation_code"]
    if is_left_out:
        return (name, *[text("cell_hidden", lang)] * 5, "–")
    return (
        name,
        number(row, "denominator", MART, GRAIN),
        *(_figure(row, column) for column in ("value", "expected_rate", "limit_95_low", "limit_95_high")),
        text(f"position_{row['funnel_position'] or 'none'}", lang),
    )


def _said(shown: Sequence[dict[str, Any]], lang: str) -> str:
    outside = [row for row in shown if row["funnel_position"] in _OUTSIDE]
    if not outside:
        return text("funnel_all_within", lang)
    named = ", ".join(f"{row['name']} ({text('position_' + row['funnel_position'], lang)})" for row in outside)
    return text("funnel_outside", lang, named=named)


def _percent(value: Decimal | None) -> float | None:
    return None if value is None else float(value) * 100


def _spec(shown: Sequence[dict[str, Any]], lang: str) -> dict[str, Any]:
    limits = ("limit_998_low", "limit_998_high", "limit_95_low", "limit_95_high", "expected_rate")
    values = [
        {
            "n": int(row["denominator"]),
            "rate": _percent(row["value"]),
            "outside": row["funnel_position"] in _OUTSIDE,
            "name": row["name"] if row["funnel_position"] in _OUTSIDE else "",
            **{limit: _percent(row[limit]) for limit in limits},
        }
        for row in sorted(shown, key=lambda row: (row["denominator"], row["organisation_code"]))
    ]
    x = {"field": "n", "type": "quantitative", "scale": {"zero": False, "nice": False, "padding": 14},
         "axis": {"title": text("clients", lang), "grid": False, "tickCount": 6}}  # fmt: skip
    axis = {"title": f"{text('rate', lang)}", "tickCount": 5}
    names = [text(key, lang) for key in ("limits_998", "limits_95", "expected")]
    colour = {"type": "nominal", "legend": {"symbolType": "stroke"},
              "scale": {"domain": names, "range": [GREY, GREY, BLUE]}}  # fmt: skip
    dash = {"type": "nominal", "scale": {"domain": names, "range": [[2, 3], [6, 4], [1, 0]]}}

    def y(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "axis": axis, "scale": {"zero": False}}

    lines = [
        {
            "mark": {"type": "line", "strokeWidth": 1.3},
            "encoding": {"x": x, "y": y(field), "order": {"field": "n"}, "color": {"datum": names[place], **colour},
                         "strokeDash": {"datum": names[place], **dash}},
        }
        for field, place in zip(limits, (0, 0, 1, 1, 2), strict=True)
    ]  # fmt: skip
    fill = {"condition": {"test": "datum.outside", "value": ORANGE}, "value": BLUE}
    shape = {"condition": {"test": "datum.outside", "value": "diamond"}, "value": "circle"}
    points = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
        "encoding": {"x": x, "y": y("rate"), "color": fill, "shape": shape},
    }
    labels = [
        {
            "mark": {"type": "text", "dy": 15, "fontSize": 11, "color": INK, **halo},
            "encoding": {"x": x, "y": y("rate"), "text": {"field": "name"}},
        }
        for halo in ({"stroke": "white", "strokeWidth": 4}, {})
    ]
    return {"data": {"values": values}, "width": 620, "height": 270, "layer": [*lines, points, *labels]}
