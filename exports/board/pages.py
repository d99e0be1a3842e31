"""The pages of the status board of one release, each with what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from exports.board.drill import drill
from exports.board.organisations import INDICATORS, funnels
from exports.board.organisations import MART as PERFORMANCE
from exports.board.overview import BEVERIDGE, links, tiles
from exports.board.sources import freshness
from exports.board.verification import MART as VERIFICATION
from exports.board.verification import funnel, queue
from exports.reports import breakdowns, daily, insured, monthly, quality, source_quality
from exports.reports.content import Block, Cell, Note, Part, Report, Table
from exports.reports.figures import KEY_FIGURES, mark_of, sources
from exports.reports.reading import Marts, number
from exports.reports.series import ADJUSTED, NOWCASTS, nowcasts, series
from exports.reports.words import day_text, month_text, text

INDEX = "index"
ENTITIES = monthly.ENTITIES
_SERVICES = ("service_episodes", "organisations", "insurance_events")
Hrefs = Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """A page before it is made: tables it needs, and its blocks."""

    needed: tuple[str, ...]
    blocks: Callable[[Marts, Hrefs], Sequence[Block]]


def board(marts: Marts, address: Callable[[str], str]) -> list[Report]:
    """Every page whose tables this release holds, in the order of the navigation; none without key figures.

    ``address``: page name -> its address."""
    names = [name for name, plan in PLANS.items() if set(plan.needed) <= marts.tables]
    if INDEX not in names:
        return []
    hrefs = {name: address(name) for name in names}
    return [_page(marts, name, PLANS[name].blocks(marts, hrefs)) for name in names]


def _page(marts: Marts, name: str, blocks: Sequence[Block]) -> Report:
    lang = marts.lang
    subtitle = text("board_subtitle", lang, day=day_text(marts.as_of, lang, year=True))
    title = text("board_title", lang) if name == INDEX else text(f"page_{name}", lang)
    return Report(name, lang, title, subtitle, marts.as_of, marts.release_id, blocks)


def _block(marts: Marts, name: str, parts: Sequence[Part], *made_of: str, entities: Sequence[str] = ENTITIES) -> Block:
    shown = tuple(parts) or (Note((text("nothing_to_show", marts.lang),)),)
    return Block(name, text(name, marts.lang), shown, marts.stale(made_of, entities if made_of else ()))


def _sources(marts: Marts, entities: Sequence[str]) -> Block:
    return Block("sources", text("sources", marts.lang), (sources(marts, entities),))


def _index(marts: Marts, hrefs: Hrefs) -> Sequence[Block]:
    return (
        _block(marts, "days", (tiles(marts, "D", hrefs),), KEY_FIGURES),
        _block(marts, "months", (tiles(marts, "M", hrefs), Note((text("tile_note", marts.lang),))), KEY_FIGURES),
        _block(marts, "alerts", daily.alerts(marts), daily.ALERTS),
        _block(marts, "read_on", (links(marts, hrefs),)),
        _sources(marts, ENTITIES),
    )


def _trends(marts: Marts, hrefs: Hrefs) -> Sequence[Block]:
    found = []
    for name, indicators in (
        ("labour", monthly.LABOUR),
        ("insurance", monthly.INSURANCE),
        ("benefits", monthly.BENEFITS),
    ):
        made = series(marts, name, text(name, marts.lang), indicators)
        parts: list[Part] = [made[0], Note((text("series_note", marts.lang),))] if made else []
        if name == "insurance" and (table := nowcasts(marts)):
            parts.append(table)
        found.append(_block(marts, name, parts, ADJUSTED, *((NOWCASTS,) if name == "insurance" else ())))
    return (*found, _sources(marts, ENTITIES))


def _provinces(marts: Marts, hrefs: Hrefs) -> Sequence[Block]:
    return (_block(marts, "province_figures", drill(marts, "region"), breakdowns.TRENDS), _sources(marts, ENTITIES))


def _industries(marts: Marts, hrefs: Hrefs) -> Sequence[Block]:
    return (
        _block(marts, "industry_moves", drill(marts, "industry"), breakdowns.TRENDS),
        _block(marts, "who", (*insured.industries(marts), *insured.people(marts)), breakdowns.TRENDS),
        _sources(marts, ("insurance_events", "workplaces")),
    )


def _tightness(marts: Marts, hrefs: Hrefs) -> Sequence[Block]:
    return (
        _block(marts, "tightness", breakdowns.tightness(marts), breakdowns.TRENDS),
        _block(marts, "shift", _shifts(marts), BEVERIDGE),
        _sources(marts, ENTITIES),
    )


def _shifts(marts: Marts) -> Sequence[Part]:
    """How far the last thirteen months lie off the line of the curve."""
    lang = marts.lang
    found = marts.rows(
        f"select * from {BEVERIDGE} where ref_period < date_trunc('month', ?::date) order by ref_period desc limit 13",
        [marts.as_of],
    )
    percent = {"scale": 100, "digits": 2}
    shape: dict[str, dict[str, Any]] = {"u": percent, "v": percent, "shift": {"digits": 3, "signed": True}}
    rows: list[tuple[Cell, ...]] = [
        (
            month_text(row["ref_period"], lang),
            *(
                number(row, name, BEVERIDGE, ("ref_period",), mark=mark_of(row), **shaped)
                for name, shaped in shape.items()
            ),
        )
        for row in reversed(found)
    ]
    if not rows:
        return ()
    heads = (text("month", lang), "u (%)", "v (%)", text("shift_column", lang))
    return Table("shift", text("shift_caption", lang), heads, rows), Note((text("shift_note", lang),))


def _verification(marts: Marts, hrefs: Hrefs) -> Sequence[Block]:
    entities = ("vacancies", "vacancy_reviews")
    return (
        _block(marts, "funnel", funnel(marts), VERIFICATION, entities=entities),
        _block(marts, "queue", queue(marts), VERIFICATION, entities=entities),
        _sources(marts, entities),
    )


def _organisations(marts: Marts, hrefs: Hrefs) -> Sequence[Block]:
    found = [
        Block(one, marts.label(one), parts, marts.stale((PERFORMANCE,), _SERVICES))
        for one in INDICATORS
        if one in marts.indicators and (parts := tuple(funnels(marts, one)))
    ]
    nothing = Block("organisations", text("page_organisations", marts.lang),
                    (Note((text("nothing_to_show", marts.lang),)),))  # fmt: skip
    return (*(found or (nothing,)), _sources(marts, _SERVICES))


def _quality(marts: Marts, hrefs: Hrefs) -> Sequence[Block]:
    ended = (marts.as_of.replace(day=1) - timedelta(days=1)).replace(day=1)
    measured = source_quality.MART in marts.tables
    return (
        _block(marts, "freshness", (freshness(marts),)),
        *(
            [_block(marts, "quality_sources", (source_quality.by_source(marts, ended, "ended"),), source_quality.MART)]
            if measured
            else ()
        ),
        _block(marts, "provisional", (quality.provisional(marts, monthly.FIGURES),), KEY_FIGURES),
        _block(marts, "revised", quality.revisions(marts), quality.REVISIONS, quality.VINTAGES),
        _block(marts, "missing", (quality.missing(marts, monthly.NEEDED), quality.breaks(marts)), "mart_coverage"),
        _block(marts, "method", (Note(tuple(text(key, marts.lang) for key in _METHOD)),)),
        _sources(marts, ENTITIES),
    )


_METHOD = ("method_headline", "method_calendar", "method_month", "method_sa", "method_coverage", "marks")
_FACTS = ("dim_indicator", "dim_source", "dim_region", "dim_industry", "release_parts", "data_dictionary")
#: pages in the order of the navigation
PLANS: Mapping[str, Plan] = {
    INDEX: Plan((*_FACTS, KEY_FIGURES, daily.TRENDS, daily.ALERTS, breakdowns.TRENDS, VERIFICATION, BEVERIDGE), _index),
    "trends": Plan((ADJUSTED, NOWCASTS), _trends),
    "provinces": Plan((breakdowns.TRENDS,), _provinces),
    "industries": Plan((breakdowns.TRENDS,), _industries),
    "tightness": Plan((breakdowns.TRENDS, BEVERIDGE), _tightness),
    "verification": Plan((VERIFICATION,), _verification),
    "organisations": Plan((PERFORMANCE, "dim_organisation"), _organisations),
    "quality": Plan((quality.REVISIONS, quality.VINTAGES, "mart_coverage"), _quality),
}
