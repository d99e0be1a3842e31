"""What of the month is provisional, was revised, is missing or broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exports.reports.content import Cell, Note, Part, Table
from exports.reports.figures import KEY_FIGURES, figure, head_of, headline_completeness, mark_of, shape_of
from exports.reports.reading import TOTAL, Marts, number
from exports.reports.words import month_text, text

REVISIONS, VINTAGES = "mart_employment_revisions", "mart_employment_vintages"
REVISION_GRAIN = ("indicator", "region_code", "months_after")
VINTAGE_GRAIN = ("ref_period", "indicator", "region_code", "vintage_date")
TRENDS = "mart_employment_trends_monthly"
TREND_GRAIN = ("ref_period", "indicator", "breakdown_type", "region_code")


def provisional(marts: Marts, indicators: Sequence[str]) -> Part:
    """Newest months that are in no headline, with how much of them is in."""
    lang = marts.lang
    found = marts.rows(
        f"select * from {KEY_FIGURES} where frequency = 'M' and region_code = ? and list_contains(?, indicator)"
        " and coalesce(newest_completeness, 0) < ? order by list_position(?, indicator)",
        [TOTAL, list(indicators), headline_completeness(), list(indicators)],
    )
    rows: list[tuple[Cell, ...]] = []
    for row in found:
        shape = shape_of(row["indicator"], row["unit"])
        share: Cell = text("not_measured", lang)
        if row["newest_completeness"] is not None:
            share = figure(row, "newest_completeness", scale=100, digits=1)
        newest = figure(row, "newest_value", mark=mark_of(row, "newest_status"), **shape)
        rows.append((head_of(marts, row["indicator"]), row["newest_time_period"], newest, share))
    if not rows:
        return Note((text("provisional_none", lang),))
    columns = tuple(text(head, lang) for head in ("indicator", "month", "value", "completeness"))
    return Table("provisional", text("provisional_caption", lang), columns, rows)


def revisions(marts: Marts) -> Sequence[Part]:
    """Figures of the last months then and now, and how far first figures were from later ones."""
    told: tuple[Part, ...] = (Note((text("revised_why", marts.lang),)), _then_and_now(marts), measured(marts))
    return tuple(part for part in told if not isinstance(part, Table) or part.rows)


def measured(marts: Marts) -> Table:
    """Revisions of the nation's figures: MR, MAR and RMAR by months after the first publication."""
    lang = marts.lang
    found = marts.rows(
        f"select * from {REVISIONS} where region_code = ? and revision_sum <> 0 order by indicator, months_after",
        [TOTAL],
    )
    heads = ("indicator", "months_after", "months_compared", "mean_revision", "mean_absolute_revision",
             "relative_revision")  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            marts.label(row["indicator"]),
            number(row, "months_after", REVISIONS, REVISION_GRAIN),
            number(row, "months", REVISIONS, REVISION_GRAIN),
            number(row, "mean_revision", REVISIONS, REVISION_GRAIN, digits=1, signed=True),
            number(row, "mean_absolute_revision", REVISIONS, REVISION_GRAIN, digits=1),
            number(row, "relative_mean_absolute_revision", REVISIONS, REVISION_GRAIN, digits=1, scale=100),
        )
        for row in found
    ]
    columns = tuple(text(head, lang) for head in heads)
    return Table("revisions", text("revised_caption", lang), columns, rows)


def _then_and_now(marts: Marts) -> Table:
    """First published figures of the last six months that have changed since, beside what is known now."""
    lang = marts.lang
    found = marts.rows(
        f"""
        select firsts.*, now.value as value_now, now.breakdown_type
        from {VINTAGES} as firsts
        inner join {TRENDS} as now
            on firsts.ref_period = now.ref_period and firsts.indicator = now.indicator
            and firsts.region_code = now.region_code and now.breakdown_type = 'total'
        where firsts.region_code = ? and firsts.revision_no = 0 and firsts.value <> now.value
            and firsts.ref_period >= date_trunc('month', ?::date) - to_months(6)
        order by firsts.ref_period desc, firsts.indicator
        """,
        [TOTAL, marts.as_of],
    )
    rows: list[tuple[Cell, ...]] = [
        (
            marts.label(row["indicator"]),
            month_text(row["ref_period"], lang),
            row["vintage_date"].isoformat(),
            number(row, "value", VINTAGES, VINTAGE_GRAIN),
            number({**row, "value": row["value_now"]}, "value", TRENDS, TREND_GRAIN),
        )
        for row in found
    ]
    columns = tuple(text(k, lang) for k in ("indicator", "month", "published_on", "first_published", "known_now"))
    return Table("vintages", text("vintage_caption", lang), columns, rows)


def missing(marts: Marts, needed: Sequence[str]) -> Note:
    """Registers that a mart of the report needs and that are late or absent."""
    lang = marts.lang
    found = marts.rows(
        f"select mart, entity, note_{lang} as note from mart_coverage where status <> 'present'"
        " and list_contains(?, mart) order by mart, entity",
        [list(needed)],
    )
    said = [text("missing_entity", lang, **row) for row in found]
    return Note(said or (text("missing_none", lang),))


def breaks(marts: Marts) -> Part:
    """Months of the last five years in which the series of a province broke, with the reason."""
    lang = marts.lang
    found = marts.rows(
        f"select distinct ref_period, region_code, break_reason from {TRENDS} where breakdown_type = 'region'"
        " and break_reason is not null and ref_period >= ?::date - to_months(60) order by ref_period, region_code",
        [marts.as_of],
    )
    if not found:
        return Note((text("breaks_none", lang),))
    rows: list[tuple[Cell, ...]] = [
        (
            marts.regions.get(row["region_code"], row["region_code"]),
            month_text(row["ref_period"], lang),
            text(f"break_{row['break_reason']}", lang),
        )
        for row in found
    ]
    return Table("breaks", text("breaks_caption", lang), tuple(text(k, lang) for k in ("region", "month", "why")), rows)


def break_note(rows: Sequence[Mapping[str, Any]], marts: Marts) -> Note | None:
    """Why figures of these rows are marked b: month, province and reason; None where the series does not break."""
    lang = marts.lang
    broken = sorted({(r["ref_period"], r["region_code"], r["break_reason"]) for r in rows if r["break_reason"]})
    said = [
        text("break_here", lang, month=month_text(month, lang), region=marts.regions.get(code, code),
             reason=text(f"break_{reason}", lang))
        for month, code, reason in broken
    ]  # fmt: skip
    return Note(said) if said else None
