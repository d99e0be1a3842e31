"""The monthly report: every figure is the mart's, what the open tables hide is hidden, all formats agree."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import html

from exports.reports.breakdowns import OPEN_STOCKS, TRENDS, open_cell
from exports.reports.content import Chart, Report
from exports.reports.daily import daily_brief
from exports.reports.html import page
from exports.reports.monthly import REASONS, monthly_report, regional_page
from exports.reports.reading import Marts
from exports.reports.sdmx import observations
from exports.reports.services import COURSES, PERFORMANCE, RATES
from exports.reports.sheets import BOM, long_csv, workbook
from exports.reports.words import text
from lmi.core.settings import LANGUAGES
from tests.exports.reports.crawl import wrong_figures
from tests.exports.reports.marts import BREAK, put, write_marts
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
        # fewer than the 112 of the year before only because reports are late
        "insured_stock: 110 in Aug 2026, 94.0 % reported. As first published 108, against 100 first published a year"
        " before (up).",
    ]
    (row,) = [r for table in told.tables if table.name == "provisional" for r in table.rows]
    assert [cell if isinstance(cell, str) else cell.shown for cell in row] == ["insured_stock", "2026-09", "7", "50.0"]


def test_rates_are_read_in_percent_and_money_in_millions(marts: Path, tmp_path: Path) -> None:
    """0.25 of the registered found work, after 0.3."""
    path = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    month = {"ref_period": date(2026, 9, 1), "time_period": "2026-09", "region_code": "_T"}
    with duckdb.connect(str(path)) as con:
        for one, unit, value, before in (("placement_rate", "ratio", 0.25, 0.3),
                                         ("ui_paid_krw", "krw", 1_234_567_890, 987_654_321)):  # fmt: skip
            put(con, "dim_indicator", indicator=one, label_ko=f"{one} 지표", label_en=one, unit=unit)
            put(con, "mart_employment_key_figures", frequency="M", indicator=one, value=value, value_year_before=before,
                year_before_period=date(2025, 9, 1), change_year_before=round(value - before, 4), completeness=1,
                newest_value=value, newest_time_period="2026-09", newest_completeness=1, newest_status="P", status="F",
                unit=unit, **month)  # fmt: skip
        put(con, "mart_employment_trends_adjusted", indicator="placement_rate", value_nsa=0.25, status="F", sex="_T",
            **month)  # fmt: skip
    told = report(path, "ko")
    assert any("placement_rate 지표: 2026년 9월 25.0%. 전년 같은 달 30.0% 대비 −5.0%p" in one.text
               for one in told.sentences)  # fmt: skip
    shown_rows = {row[0]: row[2:5] for row in rows_of(told, "key_figures")}
    assert shown_rows["placement_rate 지표 (%)"] == ["25.0", "30.0", "−5.0"]
    assert shown_rows["ui_paid_krw 지표"] == ["1,235,000,000", "988,000,000", "+247,000,000"]
    (chart,) = [p for block in told.blocks for p in block.parts if isinstance(p, Chart) and p.name == "placements"]
    assert [value["nsa"] for value in chart.spec["concat"][0]["data"]["values"]] == [25.0]
    charts = {part.name: "" for block in told.blocks for part in block.parts if hasattr(part, "spec")}
    assert wrong_figures(page(told, charts), path)[1] == []


def test_a_figure_has_the_same_mark_in_every_table(marts: Path, tmp_path: Path) -> None:
    """August was due on 15 September: at 94 % it is no longer provisional anywhere. September is."""
    path = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    with duckdb.connect(str(path)) as con:
        put(con, "dim_indicator", indicator="acquisitions_x", label_ko="x", label_en="x", unit="events")
        for month, status, value in ((date(2026, 8, 1), "F", 380), (date(2026, 9, 1), "P", 200)):
            put(con, "mart_employment_nowcasts", ref_period=month, indicator="acquisitions_x", region_code="_T",
                value_reported=value, completeness=0.94, value=401, interval_low=391, interval_high=410,
                as_of=date(2026, 10, 7))  # fmt: skip
            put(con, TRENDS, ref_period=month, time_period=f"{month:%Y-%m}", indicator="acquisitions_x",
                breakdown_type="total", region_code="_T", occupation_code="_T", industry_code="_T", sex="_T",
                age_group="_T", value=value, unit="events", status=status)  # fmt: skip
    made = report(path)
    nowcasts = {row[1].replace("\u00a0", " "): row[2] for row in rows_of(made, "nowcasts") if row[0] == "x"}
    assert nowcasts == {"Sep 2026": "200p", "Aug 2026": "380"}
    assert {row[0]: row[2] for row in rows_of(made, "key_figures")} == {
        "openings_new": "6p", "openings_per_seeker": "0.46p", "insured_stock": "110",
    }  # fmt: skip
    assert "until the 15th of the next" in shown(made).text_content()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_late_reports_never_pass_for_a_change(marts: Path, tmp_path: Path, lang: str) -> None:
    """Not in the table either; without the figure of the same age nothing is compared; a complete month is."""
    path = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    stock = report(path, lang).sentences[2].text
    assert text("up", lang) in stock and text("down", lang) not in stock
    assert [row[3:6] for row in rows_of(report(path, lang), "key_figures")] == [
        ["8", "−2", "−25.0"], ["0.54", "−0.08", "–"], ["112", "–", "–"],
    ]  # fmt: skip
    with duckdb.connect(str(path)) as con:
        con.execute("delete from mart_employment_vintages where ref_period = '2025-08-01'")
    assert not [word for word in ("up", "down") if text(word, lang) in report(path, lang).sentences[2].text]
    with duckdb.connect(str(path)) as con:
        con.execute("update mart_employment_key_figures set completeness = 0.99 where indicator = 'insured_stock'")
    assert text("down", lang) in report(path, lang).sentences[2].text


def test_provinces_show_the_cells_of_the_open_tables_and_no_other(marts: Path, tmp_path: Path) -> None:
    (table,) = [table for table in report(marts).tables if table.name == "regions"]
    cells = {str(row[0]): row[1] if isinstance(row[1], str) else row[1].shown for row in table.rows}
    assert cells == {"Nation": "42", "Seoul": "42", "Busan": "hidden"}
    alone = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    assert "This release has no open tables" in shown(report(alone)).text_content()


def test_a_province_that_had_none_shows_zero(serving: Path) -> None:
    """Open tables leave zeros out. Busan is hidden in July and had no opening in August; nobody lives in Unknown."""
    table = serving.parent / "exports" / "open" / "v1" / "tables" / "openings_by_region_occupation.parquet"
    kept = [
        row for row in pq.read_table(table).to_pylist() if (row["TIME_PERIOD"], row["REF_AREA"]) != ("2026-08", "26")
    ]
    pq.write_table(pa.Table.from_pylist(kept), table)
    with duckdb.connect(str(serving)) as con:
        put(con, TRENDS, ref_period=date(2026, 8, 1), time_period="2026-08", indicator="openings_new",
            breakdown_type="region", region_code="_U", occupation_code="_T", industry_code="_T", sex="_T",
            age_group="_T", value=0, unit="openings", status="F")  # fmt: skip
    told = report(serving)
    assert [row[:2] for row in rows_of(told, "regions")] == [["Nation", "42"], ["Seoul", "42"], ["Busan", "0"]]
    assert rows_of(told, "matching")[-1] == ["Busan", "0", "60", "0.00"]
    charts = {part.name: "" for block in told.blocks for part in block.parts if hasattr(part, "spec")}
    assert wrong_figures(page(told, charts), serving)[1] == []


@pytest.fixture
def serving(marts: Path, tmp_path: Path) -> Path:
    """The same marts with registrations by province, two quarters of training and a course."""
    path = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    tables = shutil.copytree(marts.parent / "exports", tmp_path / "exports") / "open" / "v1" / "tables"
    found = pq.read_table(tables / "openings_by_region_occupation.parquet").to_pylist()
    seekers = [row | {"OBS_VALUE": Decimal(60), "CONF_STATUS": "F"} for row in found]
    pq.write_table(pa.Table.from_pylist(seekers), tables / "registrations_by_region_sex_age.parquet")
    with duckdb.connect(str(path)) as con:
        _stocks(con, tables)
        for indicator in ("registrations_new", "placements", *RATES, "episodes_started", "episodes_exited"):
            put(con, "dim_indicator", indicator=indicator, label_ko=indicator, label_en=indicator, unit="persons")
        for region in ("11", "26"):
            for indicator, value in (("registrations_new", 60), ("openings_per_seeker", 0.7)):
                put(con, TRENDS, ref_period=date(2026, 8, 1), time_period="2026-08", indicator=indicator,
                    breakdown_type="region", region_code=region, occupation_code="_T", industry_code="_T", sex="_T",
                    age_group="_T", value=value, unit="ratio" if value < 1 else "registrations",
                    status="F")  # fmt: skip
        for month, quarter, pending, employed in ((1, "2026-Q1", 0, 14), (4, "2026-Q2", 16, 9)):
            own = {"ref_period": date(2026, month, 1), "time_period": quarter, "frequency": "Q",
                   "breakdown_type": "programme", "organisation_type": "_T", "organisation_code": "_T",
                   "programme_code": "TRN", "client_group": "_T", "status": "P" if pending else "F"}  # fmt: skip
            put(con, PERFORMANCE, indicator="employment_rate_3m", value=employed / 35, numerator=employed,
                denominator=35, pending=pending, **own)  # fmt: skip
            put(con, PERFORMANCE, indicator="episodes_exited", value=50, numerator=50, pending=0, **own)
        put(con, COURSES, occupation_scheme="KECO", occupation_code="8623", occupation_name_en="Sewers", course_id="A1",
            source_id="hrdnet_courses", title="재봉사", institution_name="동구 학원", trainees=113, completers=90,
            n_3m=86, employment_rate_3m=0.3953)  # fmt: skip
    return path


def _stocks(con: duckdb.DuckDBPyConnection, tables: Path) -> None:
    """July and August of both provinces; valid openings of Busan are hidden in August."""
    for indicator in ("openings_open", "registrations_open", "openings_open_per_seeker"):
        put(con, "dim_indicator", indicator=indicator, label_ko=indicator, label_en=indicator, unit="openings")
    counts = {"openings_open": (7, 9), "registrations_open": (20, 30)}
    for indicator, name in OPEN_STOCKS.items():
        rows = [
            {"TIME_PERIOD": month, "REF_AREA": region, "CONF_STATUS": status,
             "OBS_VALUE": Decimal(value) if status == "F" else None}
            for month, value in zip(("2026-07", "2026-08"), counts[indicator], strict=True)
            for region in ("11", "26")
            for status in ["A" if (indicator, region, month) == ("openings_open", "26", "2026-08") else "F"]
        ]  # fmt: skip
        pq.write_table(pa.Table.from_pylist(rows), tables / f"{name}.parquet")


def rows_of(told: Report, name: str) -> list[list[str]]:
    (table,) = [table for table in told.tables if table.name == name]
    return [[cell if isinstance(cell, str) else cell.shown + cell.mark for cell in row] for row in table.rows]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_the_services_achieve_is_told_as_far_as_it_may_be(serving: Path, lang: str) -> None:
    """A ratio where both counts are published; a rate with ten persons on both sides; a headline when all is known."""
    told = report(serving, lang)
    hidden = text("cell_hidden", lang)
    seoul, busan = ("서울", "부산") if lang == "ko" else ("Seoul", "Busan")
    assert rows_of(told, "matching") == [[seoul, "42", "60", "0.70"], [busan, hidden, "60", "–"]]
    quarters = [row[2:6] for row in rows_of(told, "training")]
    assert quarters == [["50", "40.0", "35", "0"], ["50", hidden, hidden, hidden]]
    course = ["재봉사", "동구 학원", "Sewers" if lang == "en" else "8623", "113", "90", "39.5", "86", "–", "–"]
    assert rows_of(told, "courses") == [course]
    said = [sentence.text for sentence in told.sentences]
    headline = {
        "ko": "2026-Q1에 훈련을 마친 35명 가운데 40.0%.",
        "en": "40.0 % of the 35 who left training in 2026-Q1.",
    }
    assert any(headline[lang] in one for one in said) and not any("2026-Q2" in one for one in said)
    charts = {part.name: "" for block in told.blocks for part in block.parts if hasattr(part, "spec")}
    assert wrong_figures(page(told, charts), serving)[1] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_curve_of_a_province_has_the_months_that_the_open_tables_show(serving: Path, lang: str) -> None:
    """Valid openings of Busan are hidden in August; a ratio stands beside its two counts."""
    seoul, busan = ("서울", "부산") if lang == "ko" else ("Seoul", "Busan")
    told = report(serving, lang)
    rows = rows_of(told, "curves")
    assert [row[0].split(",")[0] for row in rows] == [seoul, seoul, busan]
    assert [row[1:] for row in rows] == [["20", "7", "0.35"], ["30", "9", "0.30"], ["20", "7", "0.35"]]
    (chart,) = [p for block in told.blocks for p in block.parts if isinstance(p, Chart) and p.name == "curves"]
    drawn = {panel["title"]: [(v["u"], v["v"]) for v in panel["data"]["values"]] for panel in chart.spec["concat"]}
    assert drawn == {seoul: [(20, 7), (30, 9)], busan: [(20, 7)]}
    ends = ("부산 0.35", "서울 0.30") if lang == "ko" else ("0.35 in Busan", "0.30 in Seoul")
    assert all(end in chart.alternative for end in ends)
    with Marts(serving, lang) as opened:
        alone = regional_page(opened, "11")
    assert rows_of(alone, "curves") == rows[:2]
    charts = {part.name: "" for block in alone.blocks for part in block.parts if hasattr(part, "spec")}
    found, wrong = wrong_figures(page(alone, charts), serving)
    assert found > 10 and wrong == []
    stocks = {row["REF_AREA"] for row in observations(told) if row["INDICATOR"] == "openings_open"}
    assert stocks == {"11", "26"}


def test_a_report_since_the_publication_changes_no_cell_of_a_group(serving: Path) -> None:
    """In the report as on the board; nor may a ratio tell it."""
    names = ("regions", "matching", "curves", "industries", "people")
    before = [rows_of(report(serving), name) for name in names]
    with duckdb.connect(str(serving)) as con:
        con.execute(f"update {TRENDS} set value = value + 1 where breakdown_type <> 'total'")
    assert [rows_of(report(serving), name) for name in names] == before


def test_insured_persons_of_a_group_are_those_that_were_published(marts: Path, tmp_path: Path) -> None:
    """July, by hand: 66 less 60 is 6.00 % of the hundred of July 2025. Hidden where one of the two stocks is."""
    told = report(marts)
    assert rows_of(told, "industries") == [
        ["Manufacturing", "66", "+6.00"], ["A", "18", "−2.00"], ["B", "hidden", "hidden"], ["K", "24", "hidden"],
    ]  # fmt: skip
    assert rows_of(told, "people") == [
        ["Women", "50", "+11.1"], ["Men", "58", "+5.5"], ["Under 30", "39", "−2.5"], ["40 to 49", "hidden", "hidden"],
        ["60 and over", "24", "+20.0"], ["Unknown", "hidden", "hidden"],
    ]  # fmt: skip
    (chart,) = [p for block in told.blocks for p in block.parts if isinstance(p, Chart) and p.name == "industries"]
    drawn = [(bar["industry"], bar["value"]) for bar in chart.spec["data"]["values"]]
    assert drawn == [("Manufacturing", 6.0), ("A", -2.0)]
    path = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    assert "hold no insured persons yet" in shown(report(path)).text_content()
    _keep_one_year(shutil.copytree(marts.parent / "exports", tmp_path / "exports") / "open" / "v1" / "tables")
    young = report(path)
    assert rows_of(young, "industries")[2] == ["Manufacturing", "66", "–"]
    assert "once the open tables hold the same month of the year before" in shown(young).text_content()


def _keep_one_year(tables: Path) -> None:
    for path in tables.glob("insured_stock_*.parquet"):
        rows = [row for row in pq.read_table(path).to_pylist() if row["TIME_PERIOD"] == "2026-07"]
        pq.write_table(pa.Table.from_pylist(rows), path)


@pytest.mark.parametrize(
    ("closures", "retired", "told"),
    [
        ((6, 7), (20, 20), ["losses_redundancy", "losses_closure", "losses_contract_end", "losses_retirement_age"]),
        ((0, 3), (20, 20), ["losses_redundancy", "losses_contract_end"]),  # not alone: the total would tell it
        ((2, 0), (2, 9), ["losses_contract_end"]),  # 4 together are few, too
    ],
)
def test_reasons_of_few_are_left_out_with_what_would_tell_them(
    marts: Path, tmp_path: Path, closures: tuple[int, int], retired: tuple[int, int], told: list[str]
) -> None:
    path = Path(shutil.copy(marts, tmp_path / "marts.duckdb"))
    with duckdb.connect(str(path)) as con:
        reasons = dict(zip(REASONS, ((30, 30), closures, (80, 80), retired), strict=True))
        reasons["losses_involuntary"] = tuple(sum(values) for values in zip(*reasons.values(), strict=True))
        for one, values in reasons.items():
            put(con, "dim_indicator", indicator=one, label_ko=one, label_en=one, unit="events")
            for month, value in zip((date(2026, 7, 1), date(2026, 8, 1)), values, strict=True):
                put(con, TRENDS, ref_period=month, time_period=f"{month:%Y-%m}", indicator=one, breakdown_type="total",
                    region_code="_T", occupation_code="_T", industry_code="_T", sex="_T", age_group="_T", value=value,
                    unit="events", status="F")  # fmt: skip
    made = report(path)
    (table,) = [table for table in made.tables if table.name == "separations"]
    assert [column for column in table.columns[1:] if column in REASONS] == told
    assert "losses_involuntary" in table.columns
    assert ("left out, as a month of one" in shown(made).text_content()) == (len(told) < len(REASONS))


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
    assert dict(broken.key)["TIME_PERIOD"] == f"{BREAK:%Y-%m}"
    statuses = {row["TIME_PERIOD"]: row["OBS_STATUS"] for row in observations(told)}
    assert statuses["2026-07"] == "B" and statuses["2026-08"] == "A"


def test_a_hidden_figure_keeps_the_mark_of_a_break() -> None:
    place = ("acquisitions", "2026-07", "12")
    assert open_cell({place: None}, place, "en", "b") == "hidden\u00a0b"
    assert open_cell({place: None}, place, "en") == "hidden"


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


def contrast(colour: str, opacity: float) -> float:
    """Of a colour laid over white, against white (WCAG 2.2, contrast ratio)."""
    parts = [1 - opacity * (1 - int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)) + 0.05)


def marks_in(spec: Any) -> Iterator[tuple[str, float]]:
    """Colour and opacity of everything that a specification draws; white is what is hollow."""
    if isinstance(spec, dict) and "mark" in spec:
        mark = spec["mark"]
        opacity = mark.get("opacity", 1) if isinstance(mark, dict) else 1
        for colour in re.findall(r"#[0-9a-f]{6}", json.dumps(spec)):
            if colour != "#ffffff":
                yield colour, opacity
    elif isinstance(spec, dict | list):
        for inner in spec.values() if isinstance(spec, dict) else spec:
            yield from marks_in(inner)


def test_lines_bars_and_points_stand_out_from_the_page(serving: Path) -> None:
    with Marts(serving, "en") as opened:
        reports = [monthly_report(opened), daily_brief(opened)]
    charts = [part for told in reports for block in told.blocks for part in block.parts if isinstance(part, Chart)]
    drawn = {mark for chart in charts for mark in marks_in(chart.spec)}
    assert {chart.name for chart in charts} >= {"labour", "tightness", "matching", "course"} and len(drawn) > 4
    assert [mark for mark in drawn if contrast(*mark) < 3] == []
