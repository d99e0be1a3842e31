"""Charts of monthly series: adjusted for season bold, the original pale, provisional months hollow, nowcasts with
their interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exports.reports.breakdowns import TRENDS
from exports.reports.charts import BLUE, GREY, INK, ORANGE
from exports.reports.content import Cell, Chart, Table
from exports.reports.figures import head_of, mark_of, shape_of
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.words import month_text, text

ADJUSTED, NOWCASTS = "mart_employment_trends_adjusted", "mart_employment_nowcasts"
ADJUSTED_GRAIN = ("ref_period", "indicator", "region_code", "sex")
NOWCAST_GRAIN = ("ref_period", "indicator", "region_code")
MONTHS = 36
#: indicators of a table that fits on paper; the chart's own holds all
_PRINTED = 4


def series(marts: Marts, name: str, title: str, indicators: Sequence[str]) -> tuple[Chart, Table] | None:
    """Small multiples of these indicators over three years, and the last thirteen months as a table."""
    lang = marts.lang
    found = marts.rows(
        f"select * from {ADJUSTED} where region_code = ? and sex = ? and list_contains(?, indicator)"
        " and ref_period < date_trunc('month', ?::date) and ref_period >= date_trunc('month', ?::date) - to_months(?)"
        " order by ref_period, list_position(?, indicator)",
        [TOTAL, TOTAL, list(indicators), marts.as_of, marts.as_of, MONTHS, list(indicators)],
    )
    if not found:
        return None
    told = [one for one in indicators if any(row["indicator"] == one for row in found)]
    months: dict[Any, list[dict[str, Any]]] = {}
    for row in found:
        months.setdefault(row["ref_period"], []).append(row)
    span = {"first": month_text(min(months), lang), "last": month_text(max(months), lang)}
    heads: list[str] = [text("month", lang)]
    for one in told:
        heads += [f"{head_of(marts, one)} {text('nsa', lang)}", f"{head_of(marts, one)} {text('sa', lang)}"]
    table: list[tuple[Cell, ...]] = []
    for month, rows in months.items():
        cells: list[Cell] = [month_text(month, lang)]
        for row in rows:
            mark = mark_of(row)
            shape = shape_of(row["indicator"], row["unit"])
            cells.append(number(row, "value_nsa", ADJUSTED, ADJUSTED_GRAIN, mark=mark, **shape))
            cells.append(number(row, "value_sa", ADJUSTED, ADJUSTED_GRAIN, **shape))
        table.append(tuple(cells))
    data = Table(name, text("series_title", lang, block=title, **span), tuple(heads), table)
    wide = 1 + 2 * _PRINTED
    last = [row[:wide] for row in table[-13:]]
    recent = Table(f"{name}_recent", text("recent_caption", lang, block=title), tuple(heads[:wide]), last)
    return Chart(name, data.caption, _words(marts, found, told), _spec(marts, found, told), data), recent


def _words(marts: Marts, found: list[dict[str, Any]], told: Sequence[str]) -> str:
    lang, said = marts.lang, []
    for indicator in told:
        own = [row for row in found if row["indicator"] == indicator and row["value_sa"] is not None]
        if own:
            first, last = (
                number(row, "value_sa", ADJUSTED, ADJUSTED_GRAIN, **shape_of(indicator, row["unit"])).shown
                for row in (own[0], own[-1])
            )
            span = {
                "first_month": month_text(own[0]["ref_period"], lang),
                "last_month": month_text(own[-1]["ref_period"], lang),
            }
            said.append(text("series_part", lang, label=head_of(marts, indicator), first=first, last=last, **span))
    return ". ".join(said) + "."


def _spec(marts: Marts, found: list[dict[str, Any]], told: Sequence[str]) -> dict[str, Any]:
    values = [
        {
            "month": row["ref_period"].isoformat(),
            "indicator": row["indicator"],
            "nsa": _drawn(row, "value_nsa"),
            "sa": _drawn(row, "value_sa"),
            "status": row["status"],
        }
        for row in found
    ]
    bounds = [
        {
            "month": row["ref_period"].isoformat(),
            "indicator": row["indicator"],
            "low": float(row["interval_low"]),
            "high": float(row["interval_high"]),
        }
        for row in marts.rows(
            f"select * from {NOWCASTS} where region_code = ? and list_contains(?, indicator) and value is not null"
            " and completeness < 1 and ref_period < date_trunc('month', ?::date)",
            [TOTAL, list(told), marts.as_of],
        )
    ]
    panels = [_panel(marts, values, bounds, indicator) for indicator in told]
    return {"concat": panels, "columns": 3 if len(told) > 4 else 2}


def _drawn(row: dict[str, Any], column: str) -> float | None:
    scale = shape_of(row["indicator"], row["unit"]).get("scale", 1)
    return float(row[column]) * scale if row[column] is not None else None


def _panel(marts: Marts, values: list[dict[str, Any]], bounds: list[dict[str, Any]], indicator: str) -> dict[str, Any]:
    lang = marts.lang
    own = [row for row in values if row["indicator"] == indicator]
    dates = "timeFormat(datum.value, '%y.%m')" if lang == "ko" else "timeFormat(datum.value, '%b %y')"
    x = {
        "field": "month",
        "type": "temporal",
        "axis": {"title": None, "grid": False, "tickCount": 4, "labelExpr": dates},
    }
    y = {"type": "quantitative", "scale": {"zero": False}, "axis": {"title": None, "tickCount": 4}}
    names = [text(key, lang) for key in ("sa", "nsa", "provisional_point")]
    colour = {
        "type": "nominal",
        "scale": {"domain": names, "range": [BLUE, GREY, INK]},
        "legend": {"symbolType": "stroke"},
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.8},
            "encoding": {"x": x, "y": {"field": "nsa", **y}, "color": {"datum": names[1], **colour}},
        },
        {
            "mark": {"type": "line", "strokeWidth": 2.4},
            "encoding": {"x": x, "y": {"field": "sa", **y}, "color": {"datum": names[0], **colour}},
        },
        {
            "transform": [{"filter": "datum.status == 'P'"}],
            "mark": {"type": "point", "filled": False, "size": 30, "fill": "white"},
            "encoding": {"x": x, "y": {"field": "nsa", **y}, "color": {"datum": names[2], **colour}},
        },
    ]
    if intervals := [row for row in bounds if row["indicator"] == indicator]:
        layers.append(
            {
                "data": {"values": intervals},
                "mark": {"type": "rule", "color": ORANGE, "strokeWidth": 2},
                "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
            }
        )
    return {
        "title": head_of(marts, indicator),
        "width": 350 if len(marts.indicators) and len({row["indicator"] for row in values}) <= 4 else 225,
        "height": 110,
        "data": {"values": own},
        "layer": layers,
    }


def nowcasts(marts: Marts) -> Table | None:
    """What the months whose reports are late are expected to become, with their interval."""
    lang = marts.lang
    found = marts.rows(
        f"select nowcasts.*, months.status as month_status from {NOWCASTS} as nowcasts left join {TRENDS} as months"
        " on nowcasts.ref_period = months.ref_period and nowcasts.indicator = months.indicator"
        " and months.breakdown_type = 'total' where nowcasts.region_code = ? and nowcasts.value is not null"
        " and nowcasts.completeness < 0.99 and nowcasts.ref_period < date_trunc('month', ?::date)"
        " order by nowcasts.ref_period desc, nowcasts.indicator",
        [TOTAL, marts.as_of],
    )
    heads = ("indicator", "month", "reported_so_far", "completeness", "nowcast", "interval_low", "interval_high")
    rows: list[tuple[Cell, ...]] = [
        (
            marts.label(row["indicator"]),
            month_text(row["ref_period"], lang),
            number(row, "value_reported", NOWCASTS, NOWCAST_GRAIN, mark=mark_of(row, "month_status")),
            number(row, "completeness", NOWCASTS, NOWCAST_GRAIN, scale=100, digits=1),
            number(row, "value", NOWCASTS, NOWCAST_GRAIN),
            number(row, "interval_low", NOWCASTS, NOWCAST_GRAIN),
            number(row, "interval_high", NOWCASTS, NOWCAST_GRAIN),
        )
        for row in found
    ]
    columns = tuple(text(head, lang) for head in heads)
    return Table("nowcasts", text("nowcast_caption", lang), columns, rows) if rows else None
