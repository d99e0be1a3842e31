"""The monthly quality report: each source's deliveries, coverage, linkage and delay, punctuality of what was announced,
revisions. After the ESS quality and performance indicators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from exports.reports import quality
from exports.reports.calendar import load_calendar
from exports.reports.content import Block, Cell, Note, Part, Report, Sentence, Sentences, Table
from exports.reports.figures import prerelease
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.words import day_text, month_text, sentence, text
from lmi.core.schedule import fired_instants

MART = "mart_source_quality_monthly"
GRAIN = ("ref_period", "source_id", "indicator", "linked_with")
PUNCTUALITY = "release_punctuality"
PUNCTUALITY_GRAIN = ("product", "ref_period")
NEEDED = (MART, "mart_employment_revisions", "mart_employment_vintages", "mart_employment_trends_monthly",
          "dim_indicator", "dim_source", PUNCTUALITY, "release_calendar")  # fmt: skip
#: columns of the table of sources, with their decimals
COLUMNS: Mapping[str, int] = {
    "quality_deliveries": 1, "quality_refused_loads": 0, "quality_rows": 0, "quality_quarantined": 2,
    "quality_over_coverage": 2, "quality_under_coverage": 2, "quality_item_missing": 1,
}  # fmt: skip
DELAYS: Mapping[str, int] = {"quality_delay_p50": 0, "quality_delay_p90": 0}
FORMATS = ("html", "xlsx", "csv")


def quality_report(marts: Marts) -> Report:
    """The report of the last ended month, with what has come since, in the language of ``marts``."""
    lang, present = marts.lang, marts.as_of.replace(day=1)
    ended = (present - timedelta(days=1)).replace(day=1)
    subtitle = text("quality_subtitle", lang, month=month_text(ended, lang), day=day_text(marts.as_of, lang, year=True))
    blocks = (
        _block(marts, "quality_headlines", (_headlines(marts, ended),)),
        _block(marts, "punctuality", _punctuality(marts)),
        _block(marts, "quality_sources", (by_source(marts, ended, "ended"), by_source(marts, present, "running"))),
        _block(marts, "quality_links", (_links(marts, ended),)),
        _block(marts, "quality_delays", (_by_source(marts, ended, DELAYS, "quality_delays"),)),
        _block(marts, "revised", (quality.measured(marts),)),
        _block(marts, "missing", (_absent(marts),)),
        _block(marts, "method", (Note((text("method_quality", lang),)), prerelease("quality", lang))),
    )
    title = text("quality_title", lang)
    return Report(
        "quality", lang, title, subtitle, marts.as_of, marts.release_id, blocks, marts.indicators, marts.areas, FORMATS
    )  # fmt: skip


def _block(marts: Marts, name: str, parts: Sequence[Part]) -> Block:
    return Block(name, text(name, marts.lang), parts, marts.stale((MART,)))


def _rows(marts: Marts, month: date, indicators: Sequence[str]) -> list[dict[str, Any]]:
    return marts.rows(
        f"select * from {MART} where ref_period = ? and list_contains(?, indicator)"
        " order by source_id, linked_with, list_position(?, indicator)",
        [month, list(indicators), list(indicators)],
    )


def _headlines(marts: Marts, month: date) -> Sentences:
    lang, said = marts.lang, []
    of_all = {row["indicator"]: row for row in _rows(marts, month, tuple(COLUMNS)) if row["source_id"] == TOTAL}
    for indicator in ("quality_deliveries", "quality_quarantined", "quality_under_coverage"):
        if indicator in of_all and of_all[indicator]["value"] is not None:
            row = of_all[indicator]
            cells = {part: number(row, part, MART, GRAIN) for part in ("numerator", "denominator")}
            share = number(row, "value", MART, GRAIN, digits=COLUMNS[indicator])
            facts: dict[str, object] = {"month": month_text(month, lang), "value": share, **cells}
            said.append(sentence(f"headline_{indicator}", lang, **facts))
    incomplete = marts.rows(
        f"select * from {MART} where ref_period = ? and indicator = 'quality_deliveries' and value < 100"
        " and source_id <> ? order by value, source_id",
        [month, TOTAL],
    )
    for row in incomplete:
        cells = {part: number(row, part, MART, GRAIN) for part in ("numerator", "denominator")}
        said.append(sentence("headline_incomplete", lang, source=row["source_id"], **cells))
    for row in _punctual(marts)[-len(load_calendar()) :]:
        figures = {name: number(row, name, PUNCTUALITY, PUNCTUALITY_GRAIN) for name in ("announced", "on_time")}
        facts = {"product": _products(lang)[row["product"]], "month": month_text(row["ref_period"], lang), **figures}
        said.append(sentence("headline_punctual", lang, **facts))
    return Sentences(said or [Sentence((text("nothing_to_show", lang),))], "headline")


def _products(lang: str) -> dict[str, str]:
    return {one.product: one.label[lang] for one in load_calendar()}


def _punctual(marts: Marts) -> list[dict[str, Any]]:
    return marts.rows(f"select * from {PUNCTUALITY} order by ref_period, product")


def _punctuality(marts: Marts) -> Sequence[Part]:
    """How punctual each product was by month, what came late, and the dates of the next twelve months."""
    lang, shape = marts.lang, (PUNCTUALITY, PUNCTUALITY_GRAIN)
    rows: list[tuple[Cell, ...]] = [
        (
            _products(lang)[row["product"]],
            month_text(row["ref_period"], lang),
            *(number(row, name, *shape) for name in ("announced", "on_time")),
            number(row, "on_time_percent", *shape, digits=1),
            *(number(row, name, *shape, digits=1) for name in ("tp1_days_mean", "tp3_days_mean")),
            number(row, "tp3_days_max", *shape),
        )
        for row in _punctual(marts)
    ]
    heads = ("product", "month", "announced", "on_time_count", "on_time_percent", "tp1", "tp3", "tp3_max")
    kept: Part = Note((text("punctuality_none", lang),))
    if rows:
        kept = Table("punctuality", text("punctuality_caption", lang), tuple(text(head, lang) for head in heads), rows)
    late = marts.rows(
        "select * from release_calendar where released_date is null or tp3_days > 0 order by announced_date, product"
    )
    said = [
        text("released_late" if row["released_date"] else "not_released", lang, product=_products(lang)[row["product"]],
             announced=row["announced_date"], released=row["released_date"])
        for row in late
    ]  # fmt: skip
    return kept, Note(said or (text("released_on_time", lang),)), *_announced(marts)


def _announced(marts: Marts) -> Sequence[Part]:
    lang = marts.lang
    first = marts.as_of + timedelta(days=1)
    until = datetime.combine(marts.as_of + timedelta(days=365), time.max, UTC)
    dated: list[tuple[datetime, tuple[Cell, ...]]] = []
    rules = []
    for one in load_calendar():
        instants = fired_instants(one.cron, first, until, UTC)  # days and hours are those of the place
        if one.period == "day":
            rules.append(text("announced_daily", lang, product=one.label[lang], hour=f"{instants[0]:%H:%M}"))
        else:
            for at in instants:
                told = month_text(one.ended_before(at.date()), lang)
                dated.append((at, (day_text(at.date(), lang, year=True), one.label[lang], f"{at:%H:%M}", told)))
    rows = [row for _, row in sorted(dated, key=lambda one: one[0])]
    columns = tuple(text(head, lang) for head in ("date", "product", "hour", "tells_of"))
    return Note(rules), Table("calendar", text("calendar_caption", lang), columns, rows)


def by_source(marts: Marts, month: date, which: str) -> Part:
    """Deliveries, rows, quarantine, coverage and missing items of every source. ``which``: ended or running month."""
    return _by_source(marts, month, COLUMNS, f"quality_{which}")


def _by_source(marts: Marts, month: date, columns: Mapping[str, int], name: str) -> Part:
    """One row per source, the total last; a dash where a source has no such figure."""
    lang = marts.lang
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in _rows(marts, month, tuple(columns)):
        found.setdefault(row["source_id"], {})[row["indicator"]] = row
    if not found:
        return Note((text("nothing_to_show", lang),))
    providers = _providers(marts)
    rows: list[tuple[Cell, ...]] = [
        (
            text("all_sources", lang) if source == TOTAL else source,
            providers.get(source, "–"),
            *(number(of[i], "value", MART, GRAIN, digits=d) if i in of else "–" for i, d in columns.items()),
        )
        for source, of in sorted(found.items(), key=lambda item: (item[0] == TOTAL, item[0]))
    ]
    heads = (text("source", lang), text("provider", lang), *(_head(marts, one) for one in columns))
    return Table(name, text(f"{name}_caption", lang, month=month_text(month, lang)), heads, rows)


def _head(marts: Marts, indicator: str) -> str:
    return marts.label(indicator) + (" (%)" if marts.indicators[indicator]["unit"] == "percent" else "")


def _providers(marts: Marts) -> dict[str, str]:
    found = marts.rows(f"select source_id, label_{marts.lang} as provider from dim_source")
    return {row["source_id"]: row["provider"] for row in found}


def _links(marts: Marts, month: date) -> Part:
    lang = marts.lang
    rows: list[tuple[Cell, ...]] = [
        (
            row["source_id"],
            text(f"linked_{row['linked_with']}", lang),
            number(row, "denominator", MART, GRAIN),
            number(row, "numerator", MART, GRAIN),
            number(row, "value", MART, GRAIN, digits=1),
        )
        for row in _rows(marts, month, ("quality_linked",))
    ]
    if not rows:
        return Note((text("nothing_to_show", lang),))
    heads = tuple(text(head, lang) for head in ("source", "linked_with", "linkable", "linked", "linkage_rate"))
    return Table("quality_links", text("quality_links_caption", lang, month=month_text(month, lang)), heads, rows)


def _absent(marts: Marts) -> Note:
    lang = marts.lang
    found = marts.rows(
        f"select source_id, label_{lang} as provider, latest_delivery_date as day from dim_source"
        " where delivery_status <> 'present' order by source_id"
    )
    said = [text("source_stale" if row["day"] else "source_absent", lang, **row) for row in found]
    return Note(said or (text("missing_none", lang),))
