"""What the services achieve, for the monthly report: matching by province, placements, training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from exports.reports.breakdowns import OPEN_TABLES, first_day, open_cell, published
from exports.reports.charts import BLUE
from exports.reports.content import Cell, Chart, Note, Number, Part, Sentence, Sentences, Table
from exports.reports.figures import fewest_persons, mark_of
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.words import month_text, sentence, text

PERFORMANCE, COURSES = "mart_performance", "mart_occupation_training"
PERFORMANCE_GRAIN = ("frequency", "ref_period", "indicator", "breakdown_type", "organisation_type",
                     "organisation_code", "programme_code", "client_group")  # fmt: skip
COURSE_GRAIN = ("occupation_scheme", "occupation_code", "source_id", "course_id")
#: programme of vocational training
TRAINING = "TRN"
RATES = ("employment_rate_3m", "employment_rate_6m")
#: counts whose ratio may be told of a province where both are published
SIDES = ("openings_new", "registrations_new")
RATIO = "openings_per_seeker"
_QUARTERS, _COURSES = 8, 15
_PERCENT = {"scale": 100, "digits": 1}


def matching(marts: Marts) -> Sequence[Part]:
    """Openings per job seeker by province in the newest month of the open tables, the tightest first: the ratio of the
    two published counts, as that of the mart would tell what has come since. Where one of the two is not shown, their
    ratio is not either: it would tell it."""
    lang = marts.lang
    cells = published(marts, {name: OPEN_TABLES[name] for name in SIDES}, "REF_AREA")
    if not cells:
        return (Note((text("regions_withheld", lang),)),)
    newest = max(month for _, month, _ in cells)
    told: list[tuple[str, Cell, Cell, Number]] = []
    left_out: list[tuple[Cell, ...]] = []
    for code in sorted({code for _, month, code in cells if month == newest} - {TOTAL}):
        openings, seekers = (open_cell(cells, (name, newest, code), lang) for name in SIDES)
        name = marts.regions.get(code, code)
        if isinstance(openings, Number) and isinstance(seekers, Number) and seekers.value:
            ratio = replace(openings, value=Decimal(openings.value or 0) / seekers.value, digits=2, per=seekers)
            told.append((name, openings, seekers, ratio))
        else:
            left_out.append((name, openings, seekers, "–"))
    if not told:
        return (Note((text("nothing_to_show", lang),)),)
    told.sort(key=lambda row: -(row[3].value or 0))
    month = month_text(first_day(newest), lang)
    heads = (text("region", lang), *(marts.label(one) for one in (*SIDES, RATIO)))
    data = Table("matching", text("matching_caption", lang, month=month), heads, [*told, *left_out])
    ends = {"top": told[0][0], "top_value": told[0][3], "bottom": told[-1][0], "bottom_value": told[-1][3]}
    said_of = sentence("matching_sentence", lang, month=month, count=len(told), **ends)
    chart = Chart("matching", data.caption, said_of.text, _bars(told, marts.label(RATIO)), data, is_data_printed=True)
    return Sentences([said_of], "headline"), chart, Note((text("matching_note", lang), text("drill_note", lang)))


def _bars(table: Sequence[tuple[Cell, ...]], title: str) -> dict[str, Any]:
    values = [
        {"region": str(row[0]), "value": float(row[3].rounded or 0)} for row in table if isinstance(row[3], Number)
    ]
    y = {"field": "region", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 330}}
    x = {"field": "value", "type": "quantitative", "axis": {"title": title, "tickCount": 6}}
    return {
        "data": {"values": values},
        "width": 520,
        "height": {"step": 15},
        "mark": {"type": "bar", "color": BLUE},
        "encoding": {"y": y, "x": x},
    }


def outcomes(marts: Marts) -> Sequence[Part]:
    """Training by quarter: who began, who left, and who of these was insured three and six months later."""
    lang = marts.lang
    if PERFORMANCE not in marts.tables:
        return ()
    counts = ("episodes_started", "episodes_exited")
    found = marts.rows(
        f"select * from {PERFORMANCE} where breakdown_type = 'programme' and programme_code = ? and frequency = 'Q'"
        " and list_contains(?, indicator) and ref_period < date_trunc('quarter', ?::date)"
        " and ref_period >= date_trunc('quarter', ?::date) - to_months(3 * ?) order by ref_period",
        [TRAINING, [*counts, *RATES], marts.as_of, marts.as_of, _QUARTERS],
    )
    by_quarter: dict[str, dict[str, dict[str, Any]]] = {}
    for row in found:
        by_quarter.setdefault(row["time_period"], {})[row["indicator"]] = row
    if not by_quarter:
        return ()
    table = [
        (
            quarter,
            *(_count(of.get(one), lang) for one in counts),
            *(cell for one in RATES for cell in _rate(of, one, lang)),
        )
        for quarter, of in by_quarter.items()
    ]
    heads = [text("quarter", lang), *(marts.label(one) for one in counts)]
    for one in RATES:
        heads += [f"{marts.label(one)} (%)", text("followed", lang), text("pending", lang)]
    note = Note((text("training_note", lang), text("training_hidden", lang, threshold=_fewest())))
    said = [headline for name in RATES if (headline := _told(marts, by_quarter, name))]
    told = Table("training", text("training_caption", lang), tuple(heads), table)
    return *([Sentences(said, "headline")] if said else []), told, note


def _fewest() -> int:
    return fewest_persons("equity")


def _is_few(row: dict[str, Any]) -> bool:
    """Does the rate rest on few persons with, or on few without a job?"""
    return row["value"] is None or min(row["numerator"], row["denominator"] - row["numerator"]) < _fewest()


def _figure(row: dict[str, Any], column: str, **shape: Any) -> Number:
    return number(row, column, PERFORMANCE, PERFORMANCE_GRAIN, **shape)


def _count(row: dict[str, Any] | None, lang: str) -> Cell:
    if row is None or row["value"] is None:
        return "–"
    return text("cell_hidden", lang) if 0 < row["value"] < _fewest() else _figure(row, "value")


def _rate(of: dict[str, dict[str, Any]], indicator: str, lang: str) -> tuple[Cell, Cell, Cell]:
    """Rate, persons followed to the end, persons whose months have not passed."""
    row = of.get(indicator)
    if row is None:
        return "–", "–", "–"
    pending = _figure(row, "pending")
    if row["value"] is None:
        return "–", _figure(row, "denominator"), pending
    if _is_few(row):
        return text("cell_hidden", lang), text("cell_hidden", lang), text("cell_hidden", lang)
    mark = mark_of(row)
    return _figure(row, "value", mark=mark, **_PERCENT), _figure(row, "denominator"), pending


def _told(marts: Marts, by_quarter: dict[str, dict[str, dict[str, Any]]], indicator: str) -> Sentence | None:
    """The newest quarter of which everybody has been followed to the end."""
    final = [
        (quarter, row)
        for quarter, of in by_quarter.items()
        if (row := of.get(indicator)) and row["status"] == "F" and not _is_few(row)
    ]
    if not final:
        return None
    quarter, row = final[-1]
    facts = {"rate": _figure(row, "value", **_PERCENT), "denominator": _figure(row, "denominator")}
    return sentence("training_sentence", marts.lang, label=marts.label(indicator), quarter=quarter, **facts)


def courses(marts: Marts) -> Sequence[Part]:
    """Courses with most trainees: completion, and insured employment of those who completed."""
    lang = marts.lang
    if COURSES not in marts.tables:
        return ()
    found = marts.rows(
        f"select * from {COURSES} where trainees >= ? order by trainees desc, {', '.join(COURSE_GRAIN)} limit ?",
        [_fewest(), _COURSES],
    )
    if not found:
        return ()

    def shown(row: dict[str, Any], column: str, **shape: Any) -> Cell:
        return "–" if row[column] is None else number(row, column, COURSES, COURSE_GRAIN, **shape)

    rows: list[tuple[Cell, ...]] = [
        (
            row["title"] or row["course_id"],
            row["institution_name"] or "–",
            row[f"occupation_name_{lang}"] or row["occupation_code"],
            shown(row, "trainees"),
            shown(row, "completers"),
            *(
                cell
                for months in ("3m", "6m")
                for cell in (shown(row, f"employment_rate_{months}", **_PERCENT), shown(row, f"n_{months}"))
            ),
        )
        for row in found
    ]
    heads = ("course_title_head", "institution", "occupation", "trainees", "completers")
    names = tuple(text(head, lang) for head in (*heads, "rate_3m", "n_3m", "rate_6m", "n_6m"))
    return Table("courses", text("courses_caption", lang), names, rows), Note((text("courses_note", lang),))
