"""The nation's figures of the last months as tables, such as losses by reason; what would tell of few is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exports.reports.breakdowns import TABLE_MONTHS, TREND_GRAIN, TRENDS
from exports.reports.content import Cell, Note, Part, Table
from exports.reports.figures import fewest_persons, head_of, mark_of, shape_of
from exports.reports.reading import Marts, number
from exports.reports.words import month_text, text


def months(marts: Marts, name: str, indicators: Sequence[str], reasons: Sequence[str] = ()) -> Sequence[Part]:
    """The nation's figures of these indicators in the last ended months, as a table. ``reasons``: those that add up to
    another, which is shown; of them such as would tell of few are left out."""
    lang = marts.lang
    found = marts.rows(
        f"select * from {TRENDS} where breakdown_type = 'total' and list_contains(?, indicator)"
        " and ref_period < date_trunc('month', ?::date) and ref_period >= date_trunc('month', ?::date) - to_months(?)"
        " order by ref_period, list_position(?, indicator)",
        [list(indicators), marts.as_of, marts.as_of, TABLE_MONTHS, list(indicators)],
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
    made = Table(name, caption, (text("month", lang), *(head_of(marts, one) for one in told)), table)
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
    shape = shape_of(row["indicator"], row["unit"])
    if row["unit"] == "ratio" and "scale" not in shape:
        shape = {"digits": 3}
    return number(row, "value", TRENDS, TREND_GRAIN, mark=mark_of(row), **shape)
