"""The daily brief: every figure is the mart's, what is late or failed is named, text from outside stays text."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from lxml import html

from exports.render import NothingToRender, Staged
from exports.reports.content import Number
from exports.reports.daily import daily_brief
from exports.reports.html import drawings, page
from exports.reports.product import render, write_report
from exports.reports.reading import Marts
from lmi.core.settings import LANGUAGES, load_settings
from tests.exports.reports.crawl import wrong_figures
from tests.exports.reports.marts import AS_OF, write_marts
from tests.payloads import PAYLOADS


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_marts(tmp_path_factory.mktemp("marts") / "marts.duckdb")


@pytest.fixture
def changed(marts: Path, tmp_path: Path) -> Path:
    """The same marts for one test, to be changed at will."""
    return Path(shutil.copy(marts, tmp_path / "marts.duckdb"))


def change(path: Path, sql: str, *values: object) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute(sql, list(values))


def brief(path: Path, lang: str = "en", *, drawn: bool = False) -> str:
    """The page; without its charts unless asked, which take most of the time."""
    with Marts(path, lang) as marts:
        report = daily_brief(marts)
    return page(report, drawings(report) if drawn else {"course": ""})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_of_the_brief_is_that_of_the_mart(marts: Path, lang: str) -> None:
    found, wrong = wrong_figures(brief(marts, lang), marts)
    assert found > 200 and wrong == []


def test_a_wrong_figure_would_be_found(marts: Path, changed: Path) -> None:
    change(changed, "update mart_employment_key_figures set value = value + 1 where indicator = 'openings_new'")
    _, wrong = wrong_figures(brief(marts), changed)
    assert wrong and all("mart_employment_key_figures.value" in line for line in wrong)


def test_headlines_say_what_the_table_says(marts: Path) -> None:
    with Marts(marts, "en") as opened:
        sentences = [sentence.text for sentence in daily_brief(opened).sentences]
    assert sentences[0] == (
        "openings_new: 7 on Tue 6 Oct (mean of seven days 5.0)."
        " Against 9 on Tue 14 Oct 2025, the day compared with: −2 (down)."
    )
    assert not [said for said in sentences if said.startswith(("acquisitions:", "losses:")) and "mean of" in said]


def test_no_headline_rests_on_a_figure_that_is_not_complete(changed: Path) -> None:
    change(changed, "update mart_employment_key_figures set value = null where indicator = 'ui_claims_new'")
    text = html.fromstring(brief(changed).encode()).text_content()
    assert "ui_claims_new: no day is 90 % reported, so there is no headline." in text


def test_a_late_source_is_named_where_its_figures_stand(changed: Path) -> None:
    change(changed, "update dim_source set latest_delivery_date = ? where entity = 'ui_claims'", date(2026, 10, 5))
    tree = html.fromstring(brief(changed).encode())
    (said,) = tree.xpath("//section[@aria-labelledby='headlines']/p[@class='stale']")
    assert "Late: Office of ui_claims (ui_claims_daily) delivered last on 2026-10-05" in said.text_content()
    row = tree.xpath("//section[@aria-labelledby='delivery']//tr[th='ui_claims_daily']/td/text()")
    assert row[-2:] == ["2026-10-05", "late"]


def test_a_mart_that_stands_in_is_labelled_with_its_day(changed: Path) -> None:
    change(
        changed,
        "update release_parts set status = 'stale', as_of = '2026-10-01' where mart = 'mart_employment_alerts'",
    )
    (said,) = html.fromstring(brief(changed, "ko").encode()).xpath("//p[@class='stale']")
    assert "2026-10-01" in said.text_content() and "mart_employment_alerts" in said.text_content()
    assert said.getparent().get("aria-labelledby") == "alerts"


def test_an_alert_of_a_province_says_its_counts_to_the_nearest_ten(changed: Path) -> None:
    """32 against 12.375, with a score of 5.2597 that would tell the count; of the nation all of it is said."""
    assert "30 in the seven days to Tue 6 Oct, 10 expected (to the nearest ten)." in alert(changed)
    change(changed, "update mart_employment_alerts set value = 9, expected = 2")
    assert "fewer than 10 in the seven days to Tue 6 Oct, fewer than 10 expected" in alert(changed)
    assert "6.5 % (74 of 1,130)" in alert(changed) and "5.3" not in alert(changed)
    change(changed, "update mart_employment_alerts set region_code = '_T'")
    assert "(Nation): 9 in the seven days to Tue 6 Oct, 2.0 expected. Score 5.3 (threshold 4)." in alert(changed)


def alert(path: Path) -> str:
    (said,) = html.fromstring(brief(path).encode()).xpath("//section[@aria-labelledby='alerts']//li")
    return said.text_content().replace("\u00a0", " ")


def test_text_from_outside_is_never_markup(changed: Path) -> None:
    for place, payload in enumerate(PAYLOADS):
        change(
            changed,
            "insert into dim_source (source_id, entity, every, label_ko, label_en, licence_id, latest_delivery_date,"
            " delivery_status) values (?, 'vacancies', 'day', ?, ?, ?, ?, 'present')",
            f"{place}", payload, payload, payload, AS_OF,
        )  # fmt: skip
    change(changed, "update dim_indicator set label_en = ? where indicator = 'openings_new'", "<script>x</script>&")
    tree = html.fromstring(brief(changed, drawn=True).encode())
    assert not tree.xpath("//script | //iframe | //object | //embed | //form | //base | //*[@onload or @onerror]")
    assert not tree.xpath("//img | //a[not(starts-with(@href, '#'))] | //link")
    assert tree.xpath("//svg//text[contains(., '<script>x</script>&')]")


def test_the_page_can_be_read_without_seeing_it(marts: Path) -> None:
    tree = html.fromstring(brief(marts, "ko").encode())
    assert tree.get("lang") == "ko" and len(tree.xpath("//h1")) == 1 and tree.xpath("//main[@id='main']")
    for table in tree.xpath("//table"):
        assert table.xpath("caption/text()") and table.xpath("thead//th[@scope='col']")
        assert len(table.xpath("tbody/tr")) == len(table.xpath("tbody/tr/th[@scope='row']")) > 0
    (chart,) = tree.xpath("//figure")
    assert "7일 평균" in chart.xpath(".//div[@role='img']/@aria-label")[0] and chart.xpath("details//table")
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_a_report_renders_to_the_same_bytes_again(marts: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        with Marts(marts, "ko") as opened:
            assert write_report(daily_brief(opened), tmp_path / name) == {}
    files = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()} == files
    assert set(files) == {f"daily.ko.{ending}" for ending in ("csv", "html", "pdf", "sdmx.csv", "sdmx.xml", "xlsx")}
    assert files["daily.ko.pdf"].startswith(b"%PDF-1.7")


def test_without_pango_the_page_goes_out_and_the_pdf_is_reported(
    marts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exports.reports import pdf

    def absent() -> None:
        raise pdf.NoPdf("Pango is absent, so no PDF: apt-get install libpango-1.0-0.")

    monkeypatch.setattr(pdf, "_weasyprint", absent)
    with Marts(marts, "en") as opened:
        withheld = write_report(daily_brief(opened), tmp_path)
    assert withheld == {"daily.en.pdf": "Pango is absent, so no PDF: apt-get install libpango-1.0-0."}
    assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".csv", ".xlsx", ".xml"}


def test_without_its_marts_there_is_nothing_to_render(changed: Path, tmp_path: Path) -> None:
    for table in ("mart_employment_alerts", "mart_employment_key_figures", "mart_source_quality_monthly"):
        change(changed, f"drop table {table}")
    with pytest.raises(NothingToRender, match="mart_employment_alerts"):
        render(Staged(changed.parent, "20261007-abc", AS_OF, load_settings({}), None), tmp_path / "out")


@pytest.mark.parametrize(
    ("value", "shape", "shown"),
    [
        ("1.445", {"digits": 1}, "1.4"),
        ("0.4637", {"digits": 2}, "0.46"),
        ("2.5", {}, "3"),
        ("-1234.5", {"signed": True}, "−1,235"),
        ("3", {"signed": True}, "+3"),
        ("0.0654867", {"digits": 1, "scale": 100}, "6.5"),
    ],
)
def test_figures_are_rounded_half_up_to_the_published_digit(value: str, shape: dict[str, int], shown: str) -> None:
    from decimal import Decimal

    assert Number(Decimal(value), "mart", "value", (), **shape).shown == shown
