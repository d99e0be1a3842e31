"""What daily brief and monthly report share: key figures, thresholds, deliveries, sources."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache

from exports.reports.content import Cell, Note, Number, Table
from exports.reports.reading import Marts, Row, number
from exports.reports.words import text
from lmi.core.settings import PROJECT_ROOT
from lmi.core.yaml import load_yaml

KEY_FIGURES = "mart_employment_key_figures"
KEY_GRAIN = ("frequency", "indicator", "region_code")
#: a figure of which less is in is not held against a complete one: the reports that lack would pass for a change
COMPARABLE = Decimal("0.99")
#: decimals published by unit; counts have none, sums of money are told in millions of won
DIGITS = {"ratio": 2, "percent": 1, "percentage_points": 1, "per_100_jobs": 2, "krw": -6}
#: ratios of parts to their whole, which are read in percent
RATES = frozenset({
    "placement_rate", "vacancy_fill_rate", "acquisition_rate", "loss_rate", "churning_rate",
    "job_finding_rate_register", "register_outflow_probability", "involuntary_loss_share", "ui_exhaustion_rate",
})  # fmt: skip


@cache
def headline_completeness() -> Decimal:
    """Share of a figure that must be in before it may stand in a headline: the build's own setting."""
    project = load_yaml((PROJECT_ROOT / "dbt_project" / "dbt_project.yml").read_text("utf-8"))
    return Decimal(str(project["vars"]["headline_completeness"]))


@cache
def fewest_persons(product: str = "default") -> int:
    """Fewest persons behind a figure that is shown: disclosure control's threshold for this kind of product."""
    products = PROJECT_ROOT / "exports" / "disclosure" / "products.yml"
    return int(load_yaml(products.read_text("utf-8"))[product]["persons"])


def is_comparable(row: Row) -> bool:
    """Whether a key figure is as complete as that of the year before, so that their change is one of the market."""
    return row["value_year_before"] is not None and (row["completeness"] or 0) >= COMPARABLE


def shape_of(indicator: str, unit: str) -> dict[str, int]:
    """Digits and scale in which a figure of an indicator is shown."""
    return {"digits": 1, "scale": 100} if indicator in RATES else {"digits": DIGITS.get(unit, 0)}


def unit_shown(indicator: str, unit: str) -> str:
    """The unit in which a figure of an indicator is shown."""
    return "percent" if indicator in RATES else unit


def head_of(marts: Marts, indicator: str) -> str:
    """The label of an indicator above its figures: of a rate with the sign that they are without."""
    return f"{marts.label(indicator)} (%)" if indicator in RATES else marts.label(indicator)


def mark_of(row: Row, status: str = "status") -> str:
    """The mark of a figure whose mart says that it is provisional: one rule for every table, in ``marks``."""
    return "p" if row[status] == "P" else ""


def figure(row: Row, column: str, **shape: object) -> Number:
    """A figure of the mart of key figures."""
    return number(row, column, KEY_FIGURES, KEY_GRAIN, **shape)


def deliveries(marts: Marts, entities: Iterable[str]) -> Table:
    """When each daily source of these entities delivered last."""
    lang = marts.lang
    found = marts.rows(
        f"select source_id, label_{lang} as provider, latest_delivery_date from dim_source"
        " where every = 'day' and list_contains(?, entity) order by source_id",
        [list(entities)],
    )
    rows: list[tuple[Cell, ...]] = []
    for row in found:
        last = row["latest_delivery_date"]
        condition = "absent" if last is None else "late" if last < marts.as_of else "on_time"
        rows.append((row["source_id"], row["provider"], last.isoformat() if last else "–", text(condition, lang)))
    columns = tuple(text(key, lang) for key in ("source", "provider", "last_delivery", "condition"))
    return Table("deliveries", text("delivery_caption", lang), columns, rows)


def sources(marts: Marts, entities: Iterable[str]) -> Note:
    """Who provided what under which licence, and the typeface's."""
    lang = marts.lang
    found = marts.rows(
        f"select string_agg(source_id, ', ' order by source_id) as sources, label_{lang} as provider,"
        " licence_id as licence from dim_source where list_contains(?, entity) and delivery_status <> 'absent'"
        " group by provider, licence order by sources",
        [list(entities)],
    )
    listed = "; ".join(text("sources_line", lang, **row) for row in found)
    return Note((f"{text('sources', lang)}: {listed}.", text("font_line", lang)))


def prerelease(kind: str, lang: str) -> Note:
    """Who sees a report of this kind before it is published."""
    from exports.reports.distribution import load_distribution

    names = ", ".join(one.label[lang] for one in load_distribution() if one.pre_release and kind in one.reports)
    return Note((text("prerelease", lang, names=names),))
