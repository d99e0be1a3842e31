"""The monthly report: every figure is the mart's, what the open tables hide is hidden, all formats agree."""

import csv
import io
import shutil
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest
from lxml import html

from exports.reports.content import Report
from exports.reports.html import page
from exports.reports.monthly import monthly_report, regional_page
from exports.reports.reading import Marts
from exports.reports.sdmx import observations
from exports.reports.sheets import BOM, long_csv, workbook
from lmi.core.settings import LANGUAGES
from tests.exports.reports.crawl import wrong_figures
from tests.exports.reports.marts import BREAK, write_marts
from tests.payloads import PAYLOADS, live


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_marts(tmp_path_factory.mktemp("release") / "marts.duckdb")


def report(path: Path, lang: str = "en") -> Report:
    with Marts(path, lang) as marts:
        return monthly_report(marts)


def shown(told: Report) -> html.HtmlElement:
    charts = {part.name: "" for block in told.blocks for part in block.parts if hasattr(part, "spec")}
    return html.fromstring(page(told, charts).encode())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_of_the_report_is_that_of_the_mart(marts: Path, lang: str) -> None:
    told = report(marts, lang)
    charts = {part.name: "" for block in told.blocks for part in block.parts if hasattr(part, "spec")}
    found, wrong = wrong_figures(page(told, charts), marts)
    assert found > 120 and wrong == []


def test_headlines_say_what_the_table_says_and_nothing_incomplete(marts: Path) -> None:
    told = report(marts)
    assert [sentence.text for sentence in told.sentences] == [
        "openings_new: 6 in Sep 2026. Against 8 in the same month a year before: −2 (−25.0 %, down).",
        "openings_per_seeker: 0.46 in Sep 2026. Against 0.54 in the same month a year before: −0.08 (down).",
        "insured_stock: 110 in Aug 2026. Against 100 in the same month a year before: +10 (+10.0 %, up).",
    ]
    (row,) = [r for table in told.tables if table.name == "provisional" for r in table.rows]
    assert [cell if isinstance(cell, str) else cell.shown for cell in row] == ["insured_stock", "2026-09", "7", "50.0"]


def test_provinces_show_the_cells_of_the_open_tables_and_no_other(marts: Path, tmp_path: Path) -> None:
    (table,) = [table for table in report(marts).tables if table.name == "regions"]
    cells = {str(row[0]): row[1] if isinstance(row[1], str) else row[1].shown for row in table.rows}
    assert cells == {"Seoul": "42", "Busan": "···"}
    alone = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    assert "This release has no open tables" in shown(report(alone)).text_content()


def test_a_table_with_a_small_cell_is_withheld_whole(marts: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    with duckdb.connect(str(changed)) as con:
        con.execute(
            "update mart_employment_trends_monthly set value = 4 where indicator = 'insured_stock' and sex = 'M'"
        )
    tables = {table.name for table in report(changed).tables}
    assert "people" not in tables and "industries" in tables
    assert "A cell of this table is below 5" in shown(report(changed)).text_content()


def test_what_is_missing_revised_and_broken_is_said(marts: Path) -> None:
    said = shown(report(marts)).text_content().replace("\u00a0", " ")
    assert "mart_employment_nowcasts: workplaces - The last delivery is late" in said
    tables = {table.name: table for table in report(marts).tables}
    assert tables["breaks"].rows == [("Seoul", "Jul\u00a02026", "districts moved to another province")]
    assert [cell if isinstance(cell, str) else cell.shown for cell in tables["vintages"].rows[0]][2:4] == [
        "2026-09-16",
        "9",
    ]
    assert "Pre-release access: Labour market desk" in said


def test_the_page_of_a_province_says_only_what_is_open(marts: Path) -> None:
    with Marts(marts, "ko") as opened:
        told = regional_page(opened, "11")
        hidden = regional_page(opened, "26")
    assert told.sentences[0].text == "openings_new 건수: 2026년 8월 42명, 2025년 8월 30명."
    assert not hidden.numbers and hidden.name == "monthly-26"
    page_text = shown(told).text_content().replace("\u00a0", " ")
    assert "b 2026년 7월 서울: 시·군·구가 다른 시·도로 옮겨져 구역이 바뀜." in page_text
    (broken,) = [number for number in told.numbers if number.mark == "b"]
    assert dict(broken.key)["ref_period"] == BREAK.isoformat()
    statuses = {row["TIME_PERIOD"]: row["OBS_STATUS"] for row in observations(told)}
    assert statuses["2026-07"] == "B" and statuses["2026-08"] == "A"


def test_the_workbook_holds_typed_cells_and_no_formula(marts: Path) -> None:
    told = report(marts)
    book = openpyxl.load_workbook(io.BytesIO(workbook(told)))
    assert book.sheetnames[1:] == [table.name for table in told.tables]
    sheet = book["key_figures"]
    assert sheet.freeze_panes == "B3" and sheet["A2"].value == "Indicator" and sheet["C3"].value == 6
    assert sheet["C3"].number_format == '#,##0"p"' and sheet["G3"].value is None
    assert not [c for s in book for row in s for c in row if c.data_type == "f"]
    assert book.properties.created.date() == date(2026, 10, 7)
    assert workbook(told) == workbook(told)


def test_the_csv_holds_every_cell_with_its_place(marts: Path) -> None:
    told = report(marts)
    assert long_csv(told, bom=True) == BOM.encode() + long_csv(told)
    lines = list(csv.DictReader(io.StringIO(long_csv(told).decode(), newline="")))
    assert len(lines) == sum(len(table.rows) * (len(table.columns) - 1) for table in told.tables)
    (line,) = [x for x in lines if x["table"] == "key_figures" and x["row_no"] == "2" and x["column"] == "Figure"]
    assert (line["value"], line["mark"]) == ("0.46", "p")
    assert line["figure_id"].startswith("mart_employment_key_figures.value?frequency=M")


def test_names_from_outside_are_never_live_in_any_format(marts: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    with duckdb.connect(str(changed)) as con:
        for payload in PAYLOADS:
            con.execute("insert into mart_coverage (mart, entity, status, note_en) values (?, ?, 'stale', ?)",
                        ["mart_employment_nowcasts", payload, payload])  # fmt: skip
        con.execute("update dim_industry set name_en = ?", ["=1+1"])
    told = report(changed)
    charts = {part.name: "" for block in told.blocks for part in block.parts if hasattr(part, "spec")}
    for name, data in (
        ("report.html", page(told, charts).encode()),
        ("report.xlsx", workbook(told)),
        ("report.csv", long_csv(told)),
    ):
        (tmp_path / name).write_bytes(data)
        assert live(tmp_path / name) == []
