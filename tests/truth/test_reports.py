"""Every figure that a report or the status board of a real release prints is the figure of its marts."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from lxml import html

from exports.board.pages import PLANS
from exports.board.product import render
from exports.render import Staged
from exports.reports.content import Cell, Chart, Number, Report
from exports.reports.html import page
from exports.reports.monthly import regional_page
from exports.reports.product import KINDS
from exports.reports.reading import Marts
from exports.reports.words import text
from lmi.core.release import require_current
from lmi.core.settings import LANGUAGES
from tests.exports.reports.crawl import wrong_figures
from tests.truth import daily
from tests.truth.conftest import Told

pytestmark = pytest.mark.xdist_group("truth")
DAY = pd.Timedelta(days=1)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_of_a_report_is_that_of_the_release(told: Told, kind: str, lang: str) -> None:
    release = require_current(told.street.paths)
    with Marts(release.marts, lang) as marts:
        report = KINDS[kind][0](marts)
    charts = {part.name: "" for block in report.blocks for part in block.parts if isinstance(part, Chart)}
    found, wrong = wrong_figures(page(report, charts), release.marts)
    assert found > 300 and wrong == []
    expected = "quality_ended" if kind == "quality" else "key_figures"
    assert expected in {table.name for table in report.tables} and report.sentences


def test_every_figure_of_the_board_is_that_of_the_release(told: Told, tmp_path: Path) -> None:
    release = require_current(told.street.paths)
    render(Staged(release.folder, release.id, release.as_of, told.street.settings, None), tmp_path)
    pages = sorted(tmp_path.iterdir())
    assert len(pages) == 2 * len(PLANS)
    crawled = {path.name: wrong_figures(path.read_text("utf-8"), release.marts) for path in pages}
    assert [wrong for _, wrongs in crawled.values() for wrong in wrongs] == []
    assert min(found for found, _ in crawled.values()) > 20 and sum(found for found, _ in crawled.values()) > 2_000
    assert max(path.stat().st_size for path in pages) < 300_000
    # provinces of the open tables are there, whether their figures are shown or hidden
    provinces = html.fromstring((tmp_path / "provinces.en.html").read_bytes())
    assert len(provinces.xpath("//section[@class='place']")) > 10
    assert provinces.xpath("//td[text()='hidden']") and provinces.xpath("//td/data")


def month_counts(log: pd.DataFrame, known_on: pd.Timestamp) -> pd.Series:
    """Events by indicator and month as known on a day."""
    known = log[log["received"] <= known_on]
    return known.groupby(["indicator", known["day"].dt.to_period("M")])["n"].sum()


def told_in(told: Told, kind: str, lang: str = "en") -> Report:
    with Marts(require_current(told.street.paths).marts, lang) as marts:
        return KINDS[kind][0](marts)


def text_of(cell: Cell) -> str:
    return (cell.shown if isinstance(cell, Number) else cell).replace("\u00a0", " ")


def mark_of(cell: Cell) -> str:
    """Of a figure, or of the word that hides one."""
    return cell.mark if isinstance(cell, Number) else cell.partition("\u00a0")[2]


@pytest.mark.parametrize("kind", ["daily", "monthly"])
def test_blocks_on_a_late_source_say_since_when(told: Told, kind: str) -> None:
    """The portal's list came on the history's last day and not since."""
    last = told.latest.as_of - timedelta(days=4)
    blocks = {block.name: " ".join(block.stale) for block in told_in(told, kind, "ko").blocks}
    late = f"(portal_vacancies)가 늦음: 마지막 전달 {last}"
    resting = {"daily": {"headlines", "alerts"}, "monthly": {"headlines_month", "key_figures", "labour", "regions"}}
    assert {name for name, stale in blocks.items() if late in stale} >= resting[kind]
    assert late not in blocks["method"] and "(ui_claims)" not in " ".join(blocks.values())


def test_a_corrected_figure_stands_beside_what_was_told_first(told: Told) -> None:
    """What was known on the day of the first publication and what is known now, both replayed from the truth."""
    report = told_in(told, "monthly")
    (revised,) = [table for table in report.tables if table.name == "vintages"]
    log, as_of = daily.moves(told.latest.truth, told.latest.as_of), pd.Timestamp(told.latest.as_of)
    assert (log.loc[log["received"] > as_of - pd.DateOffset(months=6), "n"] < 0).any()  # struck out by their provider
    checked = 0
    for label, month, first_day, first, now in (map(text_of, row) for row in revised.rows):
        indicator = {"Acquisitions": "acquisitions", "Losses": "losses"}.get(label)
        if indicator is None:
            continue
        period = pd.Period(pd.Timestamp(month), "M")
        then = month_counts(log, pd.Timestamp(first_day))[indicator, period]
        assert [first, now] == [f"{then:,}", f"{month_counts(log, as_of)[indicator, period]:,}"] and first != now
        checked += 1
    assert checked > 4
    (block,) = [block for block in report.blocks if block.name == "revised"]
    assert "late report, correction and cancellation" in " ".join(
        paragraph for part in block.parts for paragraph in getattr(part, "paragraphs", ())
    )


def test_a_recoded_province_is_marked_where_its_series_breaks(told: Told) -> None:
    """42 became 51, 45 became 52, and {29, 46} became 12."""
    (breaks,) = [table for table in told_in(told, "monthly").tables if table.name == "breaks"]
    found = {(text_of(month), text_of(why)) for _, month, why in breaks.rows}
    renumbered, merged = "the province got a new code", "provinces were merged into one"
    assert {("Jun 2023", renumbered), ("Jan 2024", renumbered), ("Jul 2026", merged)} <= found
    with Marts(require_current(told.street.paths).marts, "en") as marts:
        page_of = regional_page(marts, "12")
        named = marts.regions["12"]
    (months,) = [table for table in page_of.tables if table.name == "region_months"]
    marks = {text_of(row[0]): {mark_of(cell) for cell in row[1:]} for row in months.rows}
    assert len(marks) > 1 and [month for month, found in marks.items() if "b" in found] == ["Jul 2026"]
    notes = [p for block in page_of.blocks for part in block.parts for p in getattr(part, "paragraphs", ())]
    assert f"b Jul 2026, {named}: {merged}." in [note.replace("\u00a0", " ") for note in notes]


LATE = {"ko": "(portal_vacancies)가 늦음: 마지막 전달 {}", "en": "(portal_vacancies) delivered last on {}"}
RECODED = {
    "ko": ("시·도 코드가 바뀜", "시·도가 합쳐져 하나가 됨"),
    "en": ("the province got a new code", "provinces were merged into one"),
}


CORRECTED = {
    "ko": ("취득", "오늘 도착한 신고로 이미 알린", "합계 {:+d}"),
    "en": ("Acquisitions", "reports that came today changed", "by {:+d} in all"),
}


def _corrected_today(told: Told) -> int:
    """By how much reports of today change acquisitions of days told before, replayed from the truth."""
    log, as_of = daily.moves(told.latest.truth, told.latest.as_of), pd.Timestamp(told.latest.as_of)
    today = log[(log["received"] == as_of) & (log["indicator"] == "acquisitions") & (log["day"] < as_of - DAY)]
    return int(today["n"].sum())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_say_what_is_late_corrected_revised_and_recoded(told: Told, lang: str) -> None:
    """As whoever opens the HTML reads it."""
    marts_file = require_current(told.street.paths).marts
    with Marts(marts_file, lang) as marts:
        made = {name: KINDS[name][0](marts) for name in ("daily", "monthly")} | {"12": regional_page(marts, "12")}
        named = marts.regions["12"]
    pages = {}
    for name, report in made.items():
        charts = {part.name: "" for block in report.blocks for part in block.parts if isinstance(part, Chart)}
        pages[name] = html.fromstring(page(report, charts).replace("\u00a0", " ").encode())
    found, wrong = wrong_figures(page(made["12"], {}), marts_file)
    assert found > 1 and wrong == []

    def said(name: str, block: str) -> str:
        (section,) = pages[name].xpath(f"//section[@aria-labelledby='{block}']")
        return str(section.text_content())

    late = LATE[lang].format(told.latest.as_of - timedelta(days=4))
    assert late in said("daily", "headlines") and late in said("monthly", "key_figures")
    renumbered, merged = RECODED[lang]
    assert renumbered in said("monthly", "missing") and merged in said("monthly", "missing")
    assert f"{named}: {merged}." in said("12", "headlines_month")
    assert pages["12"].xpath("//td[data]/abbr[@title = $mark]", mark=text("mark_b", lang))
    label, came, changed = CORRECTED[lang]
    lines = [line.strip() for line in said("daily", "changed").splitlines() if came in line]
    assert [line for line in lines if line.startswith(label) and changed.format(_corrected_today(told)) in line]
    revised = pages["monthly"].xpath("//table[caption[contains(., $caption)]]/tbody/tr",
                                     caption=text("vintage_caption", lang).replace("\u00a0", " "))  # fmt: skip
    assert len(revised) > 4 and all(
        row.xpath("td[last() - 1]/data/@value") != row.xpath("td[last()]/data/@value") for row in revised
    )
