"""The quality report: every figure the mart's, late releases named, dates announced for a year."""

from pathlib import Path

import openpyxl
import pytest
from lxml import html

from exports.reports.content import Report
from exports.reports.html import page
from exports.reports.product import write_report
from exports.reports.reading import Marts
from exports.reports.source_quality import quality_report
from lmi.core.settings import LANGUAGES
from tests.exports.reports.crawl import wrong_figures
from tests.exports.reports.marts import write_marts


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_marts(tmp_path_factory.mktemp("release") / "marts.duckdb")


def report(path: Path, lang: str = "en") -> Report:
    with Marts(path, lang) as opened:
        return quality_report(opened)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_is_that_of_the_mart(marts: Path, lang: str) -> None:
    found, wrong = wrong_figures(page(report(marts, lang), {}), marts)
    assert found > 20 and wrong == []


def test_headlines_name_the_source_that_is_incomplete_and_how_punctual_releases_were(marts: Path) -> None:
    assert [sentence.text for sentence in report(marts).sentences] == [
        "Sep 2026: 59 of 60 deliveries due were received (98.3 %).",
        "3 of 1,200 rows fetched are in quarantine (0.25 %).",
        "ui_claims_daily: only 29 of 30 deliveries due were received.",
        "Labour market daily brief: 2 of 3 releases announced for Oct 2026 came out on the day.",
    ]


def test_a_late_release_is_named_with_both_dates_and_the_next_year_is_announced(marts: Path) -> None:
    told = report(marts)
    said = html.fromstring(page(told, {}).encode()).text_content()
    assert "Labour market daily brief: announced for 2026-10-06, released on 2026-10-07." in said
    tables = {table.name: table for table in told.tables}
    (row,) = tables["punctuality"].rows
    assert [cell if isinstance(cell, str) else cell.shown for cell in row][2:] == ["3", "2", "66.7", "1.3", "0.3", "1"]
    dates = [str(row[0]).replace("\u00a0", " ") for row in tables["calendar"].rows]
    assert len(dates) == 24 and dates[0] == "Fri 16 Oct 2026" and dates[-1] == "Thu 16 Sep 2027"
    assert "every day at 06:30" in said


def test_it_is_written_without_paper_and_series(marts: Path, tmp_path: Path) -> None:
    assert write_report(report(marts, "ko"), tmp_path) == {}
    assert {path.name for path in tmp_path.iterdir()} == {f"quality.ko.{ending}" for ending in ("html", "xlsx", "csv")}
    book = openpyxl.load_workbook(tmp_path / "quality.ko.xlsx")
    assert {"quality_ended", "punctuality", "calendar"} <= set(book.sheetnames)
