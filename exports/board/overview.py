"""The first page: key figures as tiles, alerts, and where to read on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from exports.reports.charts import BLUE, GREY
from exports.reports.content import Link, Links, Tile, Tiles
from exports.reports.daily import HEADLINES as DAILY
from exports.reports.figures import DIGITS, KEY_FIGURES, figure, headline_completeness, is_comparable, mark_of
from exports.reports.monthly import HEADLINES as MONTHLY
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.words import day_text, direction, month_text, sentence, text, unit_word

#: page on which an indicator is told at length
_TOLD_ON = {"openings_per_seeker": "tightness"}
VERIFICATION, VERIFICATION_GRAIN = "mart_vacancy_verification", ("ref_period", "channel_code")
BEVERIDGE, BEVERIDGE_GRAIN = "mart_employment_beveridge", ("ref_period",)


#: complete periods of an indicator: means of seven days, or months
_DAYS = f"""
    select days.indicator, days.ref_date as period, days.mean_7d as value
    from mart_employment_trends_daily as days
    inner join {KEY_FIGURES} as keys
        on days.indicator = keys.indicator and days.region_code = keys.region_code and keys.frequency = 'D'
    where days.region_code = ? and list_contains(?, days.indicator) and days.mean_7d is not null
        and days.ref_date <= keys.ref_period and days.ref_date > keys.ref_period - 42
    order by period
"""
_MONTHS = f"""
    select months.indicator, months.ref_period as period, months.value
    from mart_employment_trends_monthly as months
    inner join {KEY_FIGURES} as keys
        on months.indicator = keys.indicator and months.region_code = keys.region_code and keys.frequency = 'M'
    where months.region_code = ? and list_contains(?, months.indicator) and months.value is not null
        and months.breakdown_type = 'total'
        and months.ref_period <= keys.ref_period and months.ref_period > keys.ref_period - to_months(36)
    order by period
"""


def tiles(marts: Marts, frequency: str, hrefs: Mapping[str, str]) -> Tiles:
    """Key figures of the nation. ``frequency``: D or M; ``hrefs``: page -> its address."""
    told = DAILY if frequency == "D" else MONTHLY
    courses = _courses(marts, frequency, told)
    rows = marts.rows(
        f"select * from {KEY_FIGURES} where frequency = ? and region_code = ? and list_contains(?, indicator)"
        " order by list_position(?, indicator)",
        [frequency, TOTAL, list(told), list(told)],
    )
    return Tiles(tuple(_tile(marts, row, courses.get(row["indicator"], []), hrefs) for row in rows))


def _tile(marts: Marts, row: dict[str, Any], course: list[dict[str, Any]], hrefs: Mapping[str, str]) -> Tile:
    lang, indicator, frequency = marts.lang, row["indicator"], row["frequency"]
    shape = {"digits": DIGITS.get(row["unit"], 0)}
    tile = Tile(
        f"course-{frequency}-{indicator}",
        marts.label(indicator),
        hrefs.get(_TOLD_ON.get(indicator, "trends"), hrefs["index"]),
        text("tile_incomplete", lang),
        None,
        course=_line(course) if len(course) > 1 else None,
    )
    if row["value"] is None:
        return tile
    told = replace(
        tile,
        period=_period(row["ref_period"], frequency, lang),
        value=figure(row, "value", mark=mark_of(row), **shape),
        unit=unit_word(row["unit"], lang),
        completeness=figure(row, "completeness", scale=100, digits=1),
        compared=text("not_comparable", lang),
    )
    if row["value_year_before"] is None:
        return told
    if not is_comparable(row):
        return replace(told, compared=text("tile_not_compared", lang))
    change = figure(row, "change_year_before", signed=True, **shape)
    percent = figure(row, "change_year_before_percent", signed=True, digits=1)
    before = _period(row["year_before_period"], frequency, lang, year=True)
    return replace(
        told,
        compared=text("tile_compared", lang, before=before),
        change=change,
        percent=None if percent.value is None else percent,
        direction=direction(change, lang),
    )


def _period(day: date, frequency: str, lang: str, *, year: bool = False) -> str:
    return day_text(day, lang, year=year) if frequency == "D" else month_text(day, lang)


def _courses(marts: Marts, frequency: str, indicators: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Complete periods of each indicator in their order, as (period, value)."""
    sql = _DAYS if frequency == "D" else _MONTHS
    found: dict[str, list[dict[str, Any]]] = {}
    for row in marts.rows(sql, [TOTAL, list(indicators)]):
        found.setdefault(row["indicator"], []).append({"period": row["period"].isoformat(), "value": row["value"]})
    return found


def _line(course: list[dict[str, Any]]) -> dict[str, Any]:
    values = [{**point, "value": float(point["value"])} for point in course]
    x = {"field": "period", "type": "temporal", "axis": None}
    y = {"field": "value", "type": "quantitative", "axis": None, "scale": {"zero": False}}
    return {
        "width": 190,
        "height": 30,
        "padding": 2,
        "layer": [
            {"data": {"values": values}, "mark": {"type": "line", "color": GREY, "strokeWidth": 1.5},
             "encoding": {"x": x, "y": y}},
            {"data": {"values": values[-1:]}, "mark": {"type": "point", "filled": True, "color": BLUE, "size": 30},
             "encoding": {"x": x, "y": y}},
        ],
    }  # fmt: skip


def links(marts: Marts, hrefs: Mapping[str, str]) -> Links:
    """Every other page with what it holds; where one figure tells it, with that figure."""
    lang, found = marts.lang, []
    for name, href in hrefs.items():
        if name == "index":
            continue
        told = _figures(marts, name)
        key = f"about_{name}" if told is None else f"about_{name}_figures"
        found.append(Link(href, text(f"page_{name}", lang), sentence(key, lang, **(told or {}))))
    return Links(found)


def _figures(marts: Marts, page: str) -> dict[str, object] | None:
    if page == "verification":
        rows = marts.rows(
            # what is decided first is posted more often than what waits: no rate of a month that is half decided
            f"select * from {VERIFICATION} where channel_code = ? and posting_rate is not null"
            " and concluded >= ? * submitted"
            " and ref_period < date_trunc('month', ?::date) order by ref_period desc limit 1",
            [TOTAL, headline_completeness(), marts.as_of],
        )
        for row in rows:
            own = {name: number(row, name, VERIFICATION, VERIFICATION_GRAIN) for name in ("submitted", "backlog")}
            rate = number(row, "posting_rate", VERIFICATION, VERIFICATION_GRAIN, scale=100, digits=1)
            return {**own, "posting_rate": rate, "month": month_text(row["ref_period"], marts.lang)}
    if page == "tightness":
        rows = marts.rows(f"select * from {BEVERIDGE} where status = 'F' and u is not null order by 1 desc limit 1")
        for row in rows:
            u, v = (number(row, name, BEVERIDGE, BEVERIDGE_GRAIN, scale=100, digits=2) for name in ("u", "v"))
            return {"u": u, "v": v, "month": month_text(row["ref_period"], marts.lang)}
    return None
