"""The monthly trend report of the nation, and its one-page version for a province."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from exports.reports import breakdowns, insured, provinces, quality, services
from exports.reports.content import Block, Cell, Note, Number, Part, Report, Sentence, Sentences, Table
from exports.reports.figures import (
    KEY_FIGURES,
    figure,
    head_of,
    is_comparable,
    mark_of,
    prerelease,
    shape_of,
    sources,
    unit_shown,
)
from exports.reports.months import months
from exports.reports.quality import VINTAGE_GRAIN, VINTAGES
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.series import ADJUSTED, ADJUSTED_GRAIN, nowcasts, series
from exports.reports.words import day_text, direction, month_text, sentence, text, unit_word

ENTITIES = ("vacancies", "vacancy_reviews", "registrations", "ui_claims", "insurance_events", "workplaces")
TRENDS = "mart_employment_trends_monthly"
NEEDED = (
    KEY_FIGURES, TRENDS, ADJUSTED, "mart_employment_nowcasts", "mart_employment_revisions", "mart_employment_vintages",
    "mart_coverage", "mart_vacancy_verification", "dim_indicator", "dim_industry", "dim_region", "dim_source",
)  # fmt: skip
#: indicators by block; the first ones make the headlines
LABOUR = ("openings_new", "registrations_new", "openings_open", "registrations_open")
INSURANCE = ("insured_stock", "acquisitions", "losses", "losses_involuntary", "insured_entries", "insured_exits")
PLACEMENTS = ("placements", "placement_rate", "vacancy_fill_rate", "openings_per_seeker")
BENEFITS = ("ui_claims_new", "ui_first_payments")
#: what losses_involuntary consists of
REASONS = ("losses_redundancy", "losses_closure", "losses_contract_end", "losses_retirement_age")
SEPARATIONS = ("losses", "losses_involuntary", *REASONS, "involuntary_loss_share")
DYNAMICS = ("acquisition_rate", "loss_rate", "churning_rate", "job_finding_rate_register",
            "register_outflow_probability", "vacancy_fill_rate", "hires_per_opening_open")  # fmt: skip
EXHAUSTION = ("ui_recipients", "ui_paid_krw", "ui_benefit_granted_krw", "ui_exhaustions", "ui_exhaustion_rate")
MISMATCH = ("mismatch_jackman_roper_occupations", "mismatch_jackman_roper_regions", "mismatch_sahin_occupations",
            "mismatch_sahin_regions", "openings_concentration_occupations",
            "openings_concentration_regions")  # fmt: skip
HEADLINES = ("openings_new", "registrations_new", "openings_per_seeker", "insured_stock", "insured_growth_12m",
             "acquisitions", "losses", "ui_claims_new")  # fmt: skip
FIGURES = (*HEADLINES, "placements", "placement_rate", "openings_open", "registrations_open", "losses_involuntary",
           "ui_first_payments", "ui_recipients", "ui_paid_krw")  # fmt: skip


def monthly_report(marts: Marts) -> Report:
    """The report of the nation, in the language of ``marts``."""
    lang = marts.lang
    subtitle = text("monthly_subtitle", lang, region=marts.regions[TOTAL], day=day_text(marts.as_of, lang, year=True))
    blocks = (
        _block(marts, "headlines_month", (_headlines(marts),), KEY_FIGURES, VINTAGES),
        _block(marts, "key_figures", (_key_figures(marts),), KEY_FIGURES, ADJUSTED),
        _block(marts, "labour", _course(marts, "labour", LABOUR), ADJUSTED),
        _block(marts, "matching", services.matching(marts), TRENDS),
        _block(marts, "placements", _placements(marts), KEY_FIGURES, ADJUSTED),
        _block(
            marts,
            "training",
            (*services.outcomes(marts), *services.courses(marts)),
            services.PERFORMANCE,
            services.COURSES,
        ),
        _block(marts, "insurance", _course(marts, "insurance", INSURANCE), ADJUSTED, "mart_employment_nowcasts"),
        _block(marts, "separations", months(marts, "separations", SEPARATIONS, REASONS), TRENDS),
        _block(marts, "dynamics", months(marts, "dynamics", DYNAMICS), TRENDS),
        _block(marts, "benefits", _course(marts, "benefits", BENEFITS), ADJUSTED),
        _block(marts, "exhaustion", months(marts, "exhaustion", EXHAUSTION), TRENDS),
        _block(marts, "who", (*insured.industries(marts), *insured.people(marts)), TRENDS),
        _block(marts, "regions", breakdowns.regions(marts), TRENDS),
        _block(marts, "tightness", (*breakdowns.tightness(marts), *provinces.curves(marts)), TRENDS),
        _block(marts, "mismatch", _mismatch(marts), TRENDS),
        _block(marts, "verification", (breakdowns.verification(marts),), "mart_vacancy_verification"),
        _block(marts, "provisional", (quality.provisional(marts, FIGURES),), KEY_FIGURES),
        _block(marts, "revised", quality.revisions(marts), "mart_employment_revisions", "mart_employment_vintages"),
        _block(marts, "missing", (quality.missing(marts, NEEDED), quality.breaks(marts)), "mart_coverage"),
        _block(marts, "method", (_method(lang), sources(marts, ENTITIES), prerelease("monthly", lang))),
    )
    return Report(
        "monthly",
        lang,
        text("monthly_title", lang),
        subtitle,
        marts.as_of,
        marts.release_id,
        blocks,
        marts.indicators,
        marts.areas,
    )


def regional_page(marts: Marts, region: str) -> Report:
    """One page for one province. Counts that disclosure control hides in the open tables are not in it."""
    lang, named = marts.lang, marts.regions[region]
    subtitle = text("monthly_subtitle", lang, region=named, day=day_text(marts.as_of, lang, year=True))
    blocks = (
        _block(marts, "headlines_month", breakdowns.region_months(marts, region), TRENDS),
        _block(marts, "tightness", provinces.curves(marts, region), TRENDS),
        _block(marts, "method", (_method(lang), sources(marts, ENTITIES), prerelease("monthly", lang))),
    )
    title = f"{text('monthly_title', lang)} · {named}"
    return Report(
        f"monthly-{region}", lang, title, subtitle, marts.as_of, marts.release_id, blocks, marts.indicators, marts.areas
    )


def _block(marts: Marts, name: str, parts: Sequence[Part], *made_of: str) -> Block:
    shown = tuple(parts) or (Note((text("nothing_to_show", marts.lang),)),)
    return Block(name, text(name, marts.lang), shown, marts.stale(made_of, ENTITIES if made_of else ()))


def _standing(marts: Marts, indicators: Sequence[str]) -> list[dict[str, Any]]:
    """Key figures of the nation's months with the adjusted series beside them."""
    return marts.rows(
        f"select keys.*, adjusted.ref_period as adjusted_period, adjusted.sex, adjusted.change_1m_percent"
        f" from {KEY_FIGURES} as keys left join {ADJUSTED} as adjusted on keys.indicator = adjusted.indicator"
        " and keys.ref_period = adjusted.ref_period and keys.region_code = adjusted.region_code and adjusted.sex = ?"
        " where keys.frequency = 'M' and keys.region_code = ? and list_contains(?, keys.indicator)"
        " order by list_position(?, keys.indicator)",
        [TOTAL, TOTAL, list(indicators), list(indicators)],
    )


def _shape(row: dict[str, Any]) -> dict[str, Any]:
    return shape_of(row["indicator"], row["unit"])


def _headlines(marts: Marts, indicators: Sequence[str] = HEADLINES) -> Sentences:
    lang, said = marts.lang, []
    first = _first_published(marts)
    for row in _standing(marts, indicators):
        shown = unit_shown(row["indicator"], row["unit"])
        label, unit = marts.label(row["indicator"]), unit_word(shown, lang)
        if row["value"] is None:
            said.append(sentence("headline_none_month", lang, label=label))
            continue
        facts: dict[str, object] = {
            "label": label, "unit": unit, "month": month_text(row["ref_period"], lang),
            "value": figure(row, "value", **_shape(row)),
        }  # fmt: skip
        if row["value_year_before"] is None:
            said.append(sentence("headline_month_alone", lang, **facts))
            continue
        if not is_comparable(row):
            said.append(_at_the_same_age(row, facts, first, lang))
            continue
        change = figure(row, "change_year_before", signed=True, **_shape(row))
        facts |= {
            "before": figure(row, "value_year_before", **_shape(row)), "change": change,
            "direction": direction(change, lang),
        }  # fmt: skip
        if row["change_year_before_percent"] is None:
            facts["change_unit"] = unit_word("percentage_points" if shown == "percent" else shown, lang)
            said.append(sentence("headline_month_ratio", lang, **facts))
        else:
            facts["percent"] = figure(row, "change_year_before_percent", signed=True, digits=1)
            said.append(sentence("headline_month", lang, **facts))
    return Sentences(said or [Sentence((text("nothing_to_show", lang),))], "headline")


def _first_published(marts: Marts) -> dict[tuple[str, Any], Number]:
    """The nation's figures as first published, by (indicator, month)."""
    rows = marts.rows(f"select * from {VINTAGES} where region_code = ? and revision_no = 0", [TOTAL])
    return {(row["indicator"], row["ref_period"]): number(row, "value", VINTAGES, VINTAGE_GRAIN) for row in rows}


def _at_the_same_age(
    row: dict[str, Any], facts: dict[str, object], first: dict[tuple[str, Any], Number], lang: str
) -> Sentence:
    """A month whose reports are not all in, against the year before as it was known at the same age."""
    facts["completeness"] = figure(row, "completeness", scale=100, digits=1)
    now, before = (first.get((row["indicator"], row[month])) for month in ("ref_period", "year_before_period"))
    if now is None or before is None:
        return sentence("headline_month_incomplete", lang, **facts)
    change = replace(now, value=(now.value or 0) - (before.value or 0))
    return sentence("headline_month_first", lang, **facts, first=now, before=before, direction=direction(change, lang))


def _key_figures(marts: Marts) -> Table:
    lang = marts.lang
    heads = ("indicator", "month", "value", "year_before", "change", "change_percent", "change_sa", "working_days",
             "working_days_before", "completeness")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for row in _standing(marts, FIGURES):
        if row["value"] is None:
            rows.append((head_of(marts, row["indicator"]), *("–",) * (len(heads) - 1)))
            continue
        rows.append(
            (
                head_of(marts, row["indicator"]),
                month_text(row["ref_period"], lang),
                figure(row, "value", mark=mark_of(row), **_shape(row)),
                figure(row, "value_year_before", **_shape(row)),
                figure(row, "change_year_before", signed=True, **_shape(row)) if is_comparable(row) else "–",
                figure(row, "change_year_before_percent", signed=True, digits=1) if is_comparable(row) else "–",
                _change_sa(row),
                figure(row, "working_days"),
                figure(row, "working_days_year_before"),
                figure(row, "completeness", scale=100, digits=1),
            )
        )
    columns = tuple(text(head, lang) for head in heads)
    return Table("key_figures", text("key_figures_monthly_caption", lang), columns, rows)


def _change_sa(row: dict[str, Any]) -> Number | str:
    if row["adjusted_period"] is None:
        return "–"
    own = {**row, "ref_period": row["adjusted_period"]}
    return number(own, "change_1m_percent", ADJUSTED, ADJUSTED_GRAIN, signed=True, digits=1)


def _course(marts: Marts, name: str, indicators: Sequence[str]) -> Sequence[Part]:
    made = series(marts, name, text(name, marts.lang), indicators)
    if made is None:
        return ()
    chart, recent = made
    told: list[Part] = [chart, Note((text("series_note", marts.lang),)), recent]
    if name == "insurance" and (table := nowcasts(marts)):
        told.append(table)
    return told


def _placements(marts: Marts) -> Sequence[Part]:
    told = _course(marts, "placements", PLACEMENTS)
    return (_headlines(marts, PLACEMENTS[:2]), *told) if told else ()


def _mismatch(marts: Marts) -> Sequence[Part]:
    told = months(marts, "mismatch", MISMATCH)
    return (*told, Note((text("mismatch_note", marts.lang),))) if told else ()


def _method(lang: str) -> Note:
    return Note(tuple(text(key, lang) for key in ("method_month", "method_sa", "method_coverage", "marks")))
