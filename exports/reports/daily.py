"""The daily brief: what may stand in a headline today, what changed since yesterday, alerts, what is late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from exports.reports.charts import BLUE, INK, PALE_BLUE
from exports.reports.content import Block, Cell, Chart, Note, Number, Report, Sentence, Sentences, Table
from exports.reports.figures import (
    KEY_FIGURES,
    deliveries,
    figure,
    headline_completeness,
    is_comparable,
    mark_of,
    prerelease,
    sources,
)
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.words import day_text, direction, month_text, sentence, text, unit_word

TRENDS = "mart_employment_trends_daily"
ALERTS = "mart_employment_alerts"
DAY_GRAIN = ("ref_date", "indicator", "region_code")
ALERT_GRAIN = ("ref_date", "frequency", "indicator", "region_code")
#: what a day is told by; insurance by received date, since reports by day of the event come later
HEADLINES = ("openings_new", "registrations_new", "ui_claims_new", "acquisitions_reported", "losses_reported")
BY_EVENT = ("acquisitions", "losses")
ENTITIES = ("vacancies", "registrations", "ui_claims", "insurance_events")
NEEDED = (KEY_FIGURES, TRENDS, ALERTS, "dim_indicator", "dim_source", "dim_calendar", "release_parts")
CHART_DAYS = 42
#: what counts of a province are rounded to in an alert
_TEN = 10
KINDS_OF_DAY = ("course_complete", "course_free", "course_provisional")


def daily_brief(marts: Marts) -> Report:
    """The brief of the release's working day, in the language of ``marts``."""
    lang = marts.lang
    blocks = (
        Block(
            "headlines", text("headlines", lang), (_headlines(marts), _key_figures(marts)), _stale(marts, KEY_FIGURES)
        ),
        Block("alerts", text("alerts", lang), alerts(marts), _stale(marts, ALERTS)),
        Block("changed", text("changed", lang), (_changed(marts),), _stale(marts, KEY_FIGURES, late=False)),
        Block("course", text("course", lang), _course(marts), _stale(marts, TRENDS, late=False)),
        Block("delivery", text("delivery", lang), (deliveries(marts, ENTITIES),), marts.stale(())),
        Block("method", text("method", lang), (_method(lang), sources(marts, ENTITIES), prerelease("daily", lang))),
    )
    subtitle = text("daily_subtitle", lang, day=day_text(marts.issued, lang, year=True))
    return Report(
        "daily",
        lang,
        text("daily_title", lang),
        subtitle,
        marts.as_of,
        marts.release_id,
        blocks,
        marts.indicators,
        marts.areas,
    )


def _stale(marts: Marts, mart: str, *, late: bool = True) -> list[str]:
    return marts.stale((mart,), ENTITIES if late else ())


def _standing(marts: Marts) -> list[dict[str, Any]]:
    """Key figures of the nation's days with the figures of that day beside them, in the order of the brief."""
    return marts.rows(
        f"""
        select keys.*, days.ref_date, days.mean_7d, days.completeness_7d, days.value_weekday_year_before
        from {KEY_FIGURES} as keys
        left join {TRENDS} as days
            on keys.indicator = days.indicator and keys.region_code = days.region_code
            and keys.ref_period = days.ref_date
        where keys.frequency = 'D' and keys.region_code = ?
        order by list_position(?, keys.indicator)
        """,
        [TOTAL, [*HEADLINES, *BY_EVENT]],
    )


def _mean(row: dict[str, Any]) -> Cell:
    """The mean of seven days where they are complete enough for a headline, too."""
    if row["mean_7d"] is None or (row["completeness_7d"] or 0) < headline_completeness():
        return "–"
    return number(row, "mean_7d", TRENDS, DAY_GRAIN, digits=1)


def _headlines(marts: Marts) -> Sentences:
    lang, said = marts.lang, []
    for row in _standing(marts):
        label, unit = marts.label(row["indicator"]), unit_word(row["unit"], lang)
        if row["indicator"] in BY_EVENT:
            continue
        if row["value"] is None:
            said.append(sentence("headline_none", lang, label=label))
            continue
        facts = {
            "label": label, "unit": unit, "day": day_text(row["ref_period"], lang), "mean": _mean(row),
            "value": figure(row, "value"),
        }  # fmt: skip
        if not is_comparable(row):
            said.append(sentence("headline_day_alone", lang, **facts))
            continue
        change = figure(row, "change_year_before", signed=True)
        facts |= {
            "before_day": day_text(row["year_before_period"], lang, year=True),
            "before": figure(row, "value_year_before"),
            "change": change, "direction": direction(change, lang),
        }  # fmt: skip
        said.append(sentence("headline_day", lang, **facts))
    return Sentences(said, "headline")


def _key_figures(marts: Marts) -> Table:
    lang = marts.lang
    heads = ("indicator", "day", "value", "mean_7d", "weekday_year_before", "calendar_year_before", "change",
             "completeness")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for row in _standing(marts):
        if row["value"] is None:
            rows.append((marts.label(row["indicator"]), *("–",) * (len(heads) - 1)))
            continue
        weekday: Cell = "–"
        before: Cell = "–"
        change: Cell = "–"
        if is_comparable(row):
            weekday = number(row, "value_weekday_year_before", TRENDS, DAY_GRAIN)
            before, change = figure(row, "value_year_before"), figure(row, "change_year_before", signed=True)
        rows.append(
            (
                marts.label(row["indicator"]),
                day_text(row["ref_period"], lang),
                figure(row, "value", mark=mark_of(row)),
                _mean(row),
                weekday,
                before,
                change,
                figure(row, "completeness", scale=100, digits=1),
            )
        )
    columns = tuple(text(head, lang) for head in heads)
    return Table("key_figures", text("key_figures_daily_caption", lang), columns, rows)


def alerts(marts: Marts) -> Sequence[Sentences | Note]:
    """Series that passed their threshold, each with its false-alarm rate, and the rule."""
    lang, said = marts.lang, []
    found = marts.rows(
        f"select * from {ALERTS} where is_latest and is_alert order by region_code <> ?, score desc, indicator", [TOTAL]
    )
    for row in found:
        span = "alert_week" if row["frequency"] == "D" else "alert_month"
        said.append(
            sentence(
                span if row["region_code"] == TOTAL else f"{span}_place",
                lang,
                label=marts.label(row["indicator"]),
                region=marts.regions.get(row["region_code"], row["region_code"]),
                day=day_text(row["ref_date"], lang),
                month=month_text(row["ref_date"], lang),
                value=_told(row, "value", 0, lang),
                expected=_told(row, "expected", 1, lang),
                score=number(row, "score", ALERTS, ALERT_GRAIN, digits=1),
                threshold=number(row, "threshold", ALERTS, ALERT_GRAIN),
                rate=number(row, "false_alarm_rate", ALERTS, ALERT_GRAIN, digits=1, scale=100),
                alerts=number(row, "history_alerts", ALERTS, ALERT_GRAIN),
                figures=number(row, "history_figures", ALERTS, ALERT_GRAIN),
                unit=unit_word(row["unit"], lang),
            )
        )
    return Sentences(said or [Sentence((text("alerts_none", lang),))]), Note((text("alerts_rule", lang),))


def _told(row: dict[str, Any], column: str, digits: int, lang: str) -> Cell:
    """A count behind an alert: of a province to the nearest ten, since no open table holds it."""
    if row["region_code"] == TOTAL:
        return number(row, column, ALERTS, ALERT_GRAIN, digits=digits)
    if row[column] < _TEN:
        return text("fewer_than", lang, threshold=_TEN)
    return number(row, column, ALERTS, ALERT_GRAIN, digits=-1)


def _changed(marts: Marts) -> Sentences:
    lang, said = marts.lang, []
    changed = marts.rows(
        f"select * from {KEY_FIGURES} where region_code = ? and periods_changed > 0"
        " and list_contains(?, indicator) order by list_position(?, indicator), frequency",
        [TOTAL, [*HEADLINES, *BY_EVENT], [*BY_EVENT, *HEADLINES]],
    )
    for row in changed:
        said.append(
            sentence(
                "changed_days" if row["frequency"] == "D" else "changed_months",
                lang,
                label=marts.label(row["indicator"]),
                periods=figure(row, "periods_changed"),
                change=figure(row, "change_since_day_before", signed=True),
                unit=unit_word(row["unit"], lang),
            )
        )
    return Sentences(said or [Sentence((text("changed_nothing", lang),))])


def _course(marts: Marts) -> Sequence[Chart | Table | Note]:
    lang = marts.lang
    found = marts.rows(
        f"select days.*, calendar.holiday_name_{lang} as holiday_name, keys.ref_period as headline_date"
        f" from {TRENDS} as days inner join dim_calendar as calendar on days.ref_date = calendar.calendar_date"
        f" inner join {KEY_FIGURES} as keys on keys.frequency = 'D' and keys.indicator = days.indicator"
        " and keys.region_code = days.region_code"
        " where days.region_code = ? and list_contains(?, days.indicator) and days.ref_date < ?"
        " and days.ref_date >= ? - ?::integer order by days.ref_date, list_position(?, days.indicator)",
        [TOTAL, list(HEADLINES), marts.as_of, marts.as_of, CHART_DAYS, list(HEADLINES)],
    )
    if not found:
        return (Note((text("nothing_to_show", lang),)),)
    days: dict[date, list[dict[str, Any]]] = {}
    for row in found:
        days.setdefault(row["ref_date"], []).append(row)
    first, last = min(days), max(days)
    told = [indicator for indicator in HEADLINES if any(row["indicator"] == indicator for row in days[last])]
    columns = (text("day", lang), *(marts.label(name) for name in told))
    table: list[tuple[Cell, ...]] = [(_day(rows[0], lang), *(_figure(row) for row in rows)) for rows in days.values()]
    data = Table("course", text("course_title", lang, **_span(first, last, lang)), columns, table)
    week = Table("last_week", text("last_week_caption", lang), columns, table[-7:])
    chart = Chart("course", data.caption, _course_words(marts, found, told), _course_spec(marts, found, told), data)
    return chart, Note((text("course_note", lang),)), week


def _span(first: date, last: date, lang: str) -> dict[str, str]:
    return {"first": day_text(first, lang), "last": day_text(last, lang)}


def _day(row: dict[str, Any], lang: str) -> str:
    named = f" {row['holiday_name']}" if row["holiday_name"] else ""
    return day_text(row["ref_date"], lang) + named


def _is_provisional(row: dict[str, Any]) -> bool:
    """Less than complete, or not delivered yet: after the day that may stand in a headline."""
    return not row["is_headline"] or row["headline_date"] is None or row["ref_date"] > row["headline_date"]


def _figure(row: dict[str, Any]) -> Number:
    mark = "p" if _is_provisional(row) else mark_of(row)
    return number(row, "value", TRENDS, DAY_GRAIN, mark=mark)


def _course_words(marts: Marts, found: list[dict[str, Any]], told: Sequence[str]) -> str:
    lang, said = marts.lang, []
    for indicator in told:
        own = [r for r in found if r["indicator"] == indicator and r["mean_7d"] is not None and not _is_provisional(r)]
        if own:
            first, last = (number(row, "mean_7d", TRENDS, DAY_GRAIN, digits=1).shown for row in (own[0], own[-1]))
            dates = {"first_day": day_text(own[0]["ref_date"], lang), "last_day": day_text(own[-1]["ref_date"], lang)}
            said.append(text("course_part", lang, label=marts.label(indicator), first=first, last=last, **dates))
    return ". ".join(said) + "."


def _course_spec(marts: Marts, found: list[dict[str, Any]], told: Sequence[str]) -> dict[str, Any]:
    lang = marts.lang
    kinds = [text(key, lang) for key in KINDS_OF_DAY]
    values = [
        {
            "day": row["ref_date"].isoformat(),
            "label": marts.label(row["indicator"]),
            "value": float(row["value"]),
            "mean": None if row["mean_7d"] is None or _is_provisional(row) else float(row["mean_7d"]),
            "kind": kinds[2] if _is_provisional(row) else kinds[0] if row["is_working_day"] else kinds[1],
        }
        for row in found
    ]
    return {"concat": [_panel(marts, values, name) for name in told], "columns": 3, "data": {"values": values}}


def _panel(marts: Marts, values: list[dict[str, Any]], indicator: str) -> dict[str, Any]:
    """One indicator: bars by day, told apart by kind, and the mean of seven days."""
    lang, label = marts.lang, marts.label(indicator)
    kinds = [text(key, lang) for key in KINDS_OF_DAY]
    dates = "timeFormat(datum.value, '%m.%d.')" if lang == "ko" else "timeFormat(datum.value, '%e %b')"
    x = {
        "field": "day",
        "type": "temporal",
        "axis": {"title": None, "grid": False, "tickCount": 3, "labelExpr": dates},
    }
    fill = {"domain": kinds, "range": [BLUE, PALE_BLUE, "#ffffff"]}
    stroke = {"domain": kinds, "range": [BLUE, PALE_BLUE, BLUE]}
    bars = {
        "mark": {"type": "bar", "strokeWidth": 0.8, "width": 3.6},
        "encoding": {
            "x": x,
            "y": {"field": "value", "type": "quantitative", "axis": {"title": None, "tickCount": 3}},
            "fill": {"field": "kind", "type": "nominal", "scale": fill, "legend": {"symbolType": "square"}},
            "stroke": {"field": "kind", "type": "nominal", "scale": stroke},
        },
    }
    line = {
        "mark": {"type": "line", "color": INK, "strokeWidth": 1.6},
        "encoding": {"x": x, "y": {"field": "mean", "type": "quantitative"}},
    }
    own = [{"filter": {"field": "label", "equal": label}}]
    return {"title": label, "width": 225, "height": 82, "transform": own, "layer": [bars, line]}


def _method(lang: str) -> Note:
    keys = ("method_headline", "method_calendar", "method_insurance")
    said = [text(key, lang) for key in keys]
    return Note((*said, text("method_disclosure", lang), text("marks", lang)))
