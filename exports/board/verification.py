"""Where submitted vacancies stand, and how long the queue is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exports.reports.charts import BLUE, GREY, ORANGE
from exports.reports.content import Cell, Chart, Note, Number, Part, Table
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.words import month_text, text

MART, GRAIN = "mart_vacancy_verification", ("ref_period", "channel_code")
MONTHS = 13
#: steps from the submission to the posting, ways out, and what is still under way; the last two add up to what was not
#: posted
STEPS = ("submitted", "decided", "concluded", "posted", "posted_first_pass")
OUT = ("rejected", "duplicate", "withdrawn", "expired_undecided")
OPEN = ("returned_open", "held_open", "pending")
_SHARE = {"scale": 100, "digits": 1}
#: columns of the queue with how they are shown; those of ``_DRAWN`` get a panel each
QUEUE = {
    "submitted": {}, "posting_rate": _SHARE, "decided_in_time_share": _SHARE, "backlog": {},
    "backlog_age_p90_days": {}, "turnaround_p50_days": {}, "turnaround_p90_days": {},
}  # fmt: skip
_DRAWN = ("backlog", "backlog_age_p90_days", "decided_in_time_share", "posting_rate")


def _months(marts: Marts) -> list[dict[str, Any]]:
    """The newest months, all channels; the one that has not ended is the last."""
    found = marts.rows(
        f"select * from {MART} where channel_code = ? and ref_period <= ? order by ref_period desc limit ?",
        [TOTAL, marts.as_of, MONTHS],
    )
    return found[::-1]


def _is_ended(row: dict[str, Any], marts: Marts) -> bool:
    return bool(row["ref_period"] < marts.as_of.replace(day=1))


def _label(marts: Marts, column: str, shape: object) -> str:
    return f"{marts.column_label(MART, column)}{' (%)' if shape is _SHARE else ''}"


def funnel(marts: Marts) -> Sequence[Part]:
    """The newest ended month: from submission to posting, and what became of the rest."""
    lang = marts.lang
    ended = [row for row in _months(marts) if _is_ended(row, marts)]
    if not ended:
        return ()
    row = ended[-1]
    groups = {"funnel_steps": STEPS, "funnel_out": OUT, "funnel_open": OPEN}
    rows: list[tuple[Cell, ...]] = [
        (marts.column_label(MART, column), text(group, lang), number(row, column, MART, GRAIN))
        for group, columns in groups.items()
        for column in columns
    ]
    month = month_text(row["ref_period"], lang)
    data = Table(
        "funnel", text("funnel_caption", lang, month=month),
        (text("state", lang), text("group", lang), text("vacancies", lang)), rows,
    )  # fmt: skip
    said = ", ".join(f"{label} {value.shown}" for label, _, value in rows if isinstance(value, Number))
    chart = Chart("funnel", data.caption, f"{said}.", _bars(rows), data)
    return chart, Note((text("funnel_note", lang),))


def _bars(rows: Sequence[tuple[Cell, ...]]) -> dict[str, Any]:
    groups = list(dict.fromkeys(str(group) for _, group, _ in rows))
    values = [
        {"state": str(label), "group": str(group), "value": int(value.value or 0)}
        for label, group, value in rows
        if isinstance(value, Number)
    ]
    y = {"field": "state", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 220, "ticks": False}}
    x = {"field": "value", "type": "quantitative", "axis": None}
    colour = {"field": "group", "type": "nominal", "legend": {},
              "scale": {"domain": groups, "range": [BLUE, ORANGE, GREY]}}  # fmt: skip
    return {
        "data": {"values": values},
        "width": 520,
        "height": {"step": 20},
        "layer": [
            {"mark": {"type": "bar"}, "encoding": {"x": x, "y": y, "color": colour}},
            {"mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 12},
             "encoding": {"x": x, "y": y, "text": {"field": "value", "type": "quantitative", "format": ","}}},
        ],
    }  # fmt: skip


def queue(marts: Marts) -> Sequence[Part]:
    """Thirteen months of what waits, for how long, and what was decided in time; the last month is under way."""
    lang = marts.lang
    months = _months(marts)
    if not months:
        return ()
    rows: list[tuple[Cell, ...]] = [
        (
            month_text(row["ref_period"], lang),
            *(
                number(row, column, MART, GRAIN, mark="" if _is_ended(row, marts) else "p", **shape)
                for column, shape in QUEUE.items()
            ),
        )
        for row in months
    ]
    heads = (text("month", lang), *(_label(marts, column, shape) for column, shape in QUEUE.items()))
    span = {"first": str(rows[0][0]), "last": str(rows[-1][0])}
    data = Table("queue", text("queue_caption", lang, **span), heads, rows)
    first, last = rows[0], rows[-1]
    said = []
    for place, column in enumerate(QUEUE, start=1):
        if column in _DRAWN:
            ends = [cell.shown if isinstance(cell, Number) else cell for cell in (first[place], last[place])]
            said.append(text("course_ends", lang, label=heads[place], first=ends[0], last=ends[1], **_months_of(span)))
    panels = [_panel(marts, rows, months, column) for column in _DRAWN]
    chart = Chart("queue", data.caption, ". ".join(said) + ".", {"concat": panels, "columns": 2}, data)
    return chart, Note((text("queue_note", lang),))


def _months_of(span: dict[str, str]) -> dict[str, str]:
    return {"first_month": span["first"], "last_month": span["last"]}


def _panel(
    marts: Marts, rows: Sequence[tuple[Cell, ...]], months: Sequence[dict[str, Any]], column: str
) -> dict[str, Any]:
    """One column of the queue by month; the month under way is hollow."""
    place, lang = list(QUEUE).index(column) + 1, marts.lang
    values = [
        {
            "month": month["ref_period"].isoformat(),
            "value": float(cell.rounded) if isinstance(cell, Number) and cell.rounded is not None else None,
            "ended": _is_ended(month, marts),
        }
        for month, cell in ((month, row[place]) for month, row in zip(months, rows, strict=True))
    ]
    dates = "timeFormat(datum.value, '%y.%m')" if lang == "ko" else "timeFormat(datum.value, '%b %y')"
    x = {"field": "month", "type": "temporal",
         "axis": {"title": None, "grid": False, "tickCount": 4, "labelExpr": dates}}  # fmt: skip
    y = {"field": "value", "type": "quantitative", "axis": {"title": None, "tickCount": 4}}
    fill = {"condition": {"test": "datum.ended", "value": BLUE}, "value": "white"}
    return {
        "title": _label(marts, column, QUEUE[column]),
        "width": 300,
        "height": 110,
        "data": {"values": values},
        "layer": [
            {"mark": {"type": "line", "color": BLUE, "strokeWidth": 2}, "encoding": {"x": x, "y": y}},
            {"mark": {"type": "point", "size": 40, "opacity": 1, "stroke": BLUE},
             "encoding": {"x": x, "y": y, "fill": fill}},
        ],
    }  # fmt: skip
