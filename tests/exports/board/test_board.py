"""The status board: figures of the marts, only what disclosure control lets out, pages that stand by themselves."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import html

from exports.board.drill import drill
from exports.board.organisations import funnels
from exports.board.pages import PLANS
from exports.board.pages import board as board_of
from exports.board.product import render
from exports.render import NothingToRender
from exports.reports.content import Chart, Note, Table
from exports.reports.reading import Marts
from tests.exports.board.marts import staged, write_board, write_release
from tests.exports.reports.crawl import wrong_figures
from tests.payloads import PAYLOADS, live

#: bytes that the first view may load
FIRST_VIEW = 300_000


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only."""
    return write_board(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board of the same marts after what goes wrong: no complete month, an outcome that is nearly everybody's, a
    stale mart, a late source, names that would like to run."""
    folder = tmp_path_factory.mktemp("troubled")
    marts = write_release(folder)
    names = ", ".join(f"('{payload.replace(chr(39), chr(39) * 2)}')" for payload in PAYLOADS)
    with duckdb.connect(str(marts)) as con:
        for statement in (
            "update mart_employment_key_figures set value = null, ref_period = null, completeness = null"
            " where indicator = 'insured_stock'",
            "update mart_performance set numerator = 58, value = 58 / 60.0 where organisation_code = 'O1'",
            "update release_parts set status = 'stale', as_of = '2026-10-05' where mart = 'mart_vacancy_verification'",
            "update mart_vacancy_verification set concluded = 107",
            "update dim_source set latest_delivery_date = date '2026-10-01' where entity = 'ui_claims'",
            f"insert into dim_source (source_id, entity, every, label_en, label_ko, licence_id, delivery_status)"
            f" select name, name, 'day', name, name, name, 'absent' from (values {names}) as payloads (name)",
            "update dim_organisation set name_en = '</script><script>lmi()</script>', name_ko = name_en"
            " where organisation_code = 'O2'",
            "update dim_region set name_en = '\"><img src=x onerror=lmi()>', name_ko = name_en",
        ):
            con.execute(statement)
    out = folder / "board"
    out.mkdir()
    render(staged(marts), out)
    return out


def page(board: Path, name: str) -> html.HtmlElement:
    return html.fromstring((board / name).read_bytes())


def read(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def table(board: Path, name: str, caption: str) -> dict[str, list[str]]:
    """Cells as they are read by the heading of their row."""
    (found,) = (one for one in page(board, name).xpath("//table") if read(one.xpath("caption")[0]).startswith(caption))
    rows = [[read(cell) for cell in row] for row in found.xpath("tbody/tr")]
    return {row[0]: row[1:] for row in rows}


def test_no_rate_of_a_month_that_is_not_nearly_decided(board: Path, troubled: Path) -> None:
    """Of 120 submitted 109 are concluded, which is above nine tenths; 107 are below."""
    assert "120 submitted, 73.4 % posted" in read(page(board, "index.en.html"))
    assert "submitted, " not in read(page(troubled, "index.en.html"))


def test_every_page_is_there_in_both_languages_and_leads_to_the_others(board: Path) -> None:
    names = {f"{name}.html" for name in PLANS} | {f"{name}.en.html" for name in PLANS}
    assert {path.name for path in board.iterdir()} == names
    for name in sorted(names):
        found = page(board, name)
        lang = "en" if name.endswith(".en.html") else "ko"
        assert found.get("lang") == lang and len(found.xpath("//h1")) == 1 and found.xpath("//main[@id='main']")
        assert len(found.xpath("//nav//a")) == len(PLANS) and len(found.xpath("//nav//a[@aria-current='page']")) == 1
        ids = found.xpath("//@id")
        assert len(ids) == len(set(ids))
        for href in found.xpath("//a/@href"):
            place = urlsplit(href)
            assert not place.scheme and not place.netloc, href
            assert (board / place.path).is_file() if place.path else place.fragment in ids, href
        for each in found.xpath("//table"):
            assert each.xpath("caption/text()") and each.xpath("thead//th[@scope='col']")
            assert len(each.xpath("tbody/tr")) == len(each.xpath("tbody/tr/th[@scope='row']")) > 0


def test_every_figure_is_that_of_its_mart(board: Path) -> None:
    told = 0
    for path in sorted(board.iterdir()):
        found, wrong = wrong_figures(path.read_text("utf-8"), board.parents[1] / "marts.duckdb")
        assert wrong == [], path.name
        told += found
    assert told > 400


def test_the_first_view_is_light_and_nothing_is_loaded_from_anywhere(board: Path) -> None:
    for path in board.iterdir():
        assert path.stat().st_size < FIRST_VIEW, path.name
        found = html.fromstring(path.read_bytes())
        assert not found.xpath("//@src | //link | //*[local-name()='image' or local-name()='use']"), path.name
        assert "url(http" not in path.read_text("utf-8") and "@import" not in path.read_text("utf-8")
        (policy,) = found.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith("default-src 'none'; ")


def test_a_release_renders_to_the_same_bytes_again(board: Path, tmp_path: Path) -> None:
    render(staged(board.parents[1] / "marts.duckdb"), tmp_path)
    for path in board.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_a_tile_says_period_change_direction_and_completeness(board: Path) -> None:
    tiles = page(board, "index.en.html").xpath("//li[@class='tile']")
    said = [read(tile) for tile in tiles]
    assert said[0].startswith("openings_new 7 Tue 6 Oct · complete 100.0% Against Tue 14 Oct 2025: ▼ −2 down")
    late = "Not held against the complete figure of the year before."
    assert f"insured_stock 110 Aug 2026 · complete 94.0% {late}" in said
    assert "openings_new 6p Sep 2026 · complete 100.0% Against Aug 2025: ▼ −2 (−25.0%) down" in " ".join(said)
    assert len(tiles) == 8


def test_a_tile_without_a_complete_period_shows_no_figure(troubled: Path) -> None:
    (tile,) = page(troubled, "index.en.html").xpath("//li[@class='tile'][contains(., 'insured_stock')]")
    assert "No period is 90 % reported" in tile.text_content() and not tile.xpath(".//data")


def test_provinces_show_the_cells_of_the_open_tables_and_the_others_in_words(board: Path) -> None:
    overview = table(board, "provinces.en.html", "Province: Aug 2026")
    assert overview == {"Nation": ["42", "74"], "Seoul": ["42", "–"], "Busan": ["hidden", "–"]}
    months = table(board, "provinces.en.html", "Busan by month")
    assert len(months) == 13 and {openings for openings, *_ in months.values()} == {"hidden"}
    assert "가림" in page(board, "provinces.html").text_content()


def test_industries_show_what_was_published_and_nothing_that_has_come_since(board: Path) -> None:
    """The nation has 75 by now and F 21: with a word that they changed, one report would be told."""
    assert table(board, "industries.en.html", "Industry: Aug 2026") == {
        "All industries": ["74"], "Manufacturing": ["50"], "F": ["20"], "P": ["hidden"],
    }  # fmt: skip


def test_without_open_tables_there_is_no_province(board: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copy(board.parents[1] / "marts.duckdb", tmp_path / "marts.duckdb"))
    with Marts(alone, "en") as marts:
        for breakdown in ("region", "industry"):
            (note,) = drill(marts, breakdown)
            assert isinstance(note, Note) and "This release has no open tables" in note.paragraphs[0]


def test_organisations_with_few_persons_are_hidden_and_nobody_is_ranked(board: Path) -> None:
    found = table(board, "organisations.en.html", "Employment rate, 2025")
    assert found["Centre O1"] == ["60", "75.0", "70.0", "55.0", "85.0", "within limits"]
    assert found["Centre O2"][-1] == "below 99.8 %"
    hidden = [*["hidden"] * 5, "–"]
    assert found["Centre O3"] == hidden, "fewer than ten clients"
    assert found["Centre O4"] == hidden, "the total would tell the only one hidden"
    assert list(found) == ["Centre O1", "Centre O2", "Centre O3", "Centre O4"], "by type and code"
    assert "rank_no" not in (board / "organisations.en.html").read_text("utf-8")


def test_a_year_hides_an_organisation_of_which_the_open_quarters_leave_few(board: Path, tmp_path: Path) -> None:
    """Of O1's 45 placed one open quarter shows 30 and hides nothing by it; 36 would leave 9. Of O2 three quarters are
    shown, so the year would tell the fourth."""

    def hidden(quarters: dict[str, list[int]]) -> set[str]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(board.parents[1], folder, ignore=shutil.ignore_patterns("board"))
        rows = [
            {"TIME_PERIOD": f"2025-Q{place}", "ORGANISATION": code, "OUTCOME": "PLACED", "OBS_VALUE": value,
             "CONF_STATUS": "F"}
            for code, values in quarters.items()
            for place, value in enumerate(values, 1)
        ]  # fmt: skip
        tables = folder / "exports" / "open" / "v1" / "tables"
        pq.write_table(pa.Table.from_pylist(rows), tables / "placements_by_organisation.parquet")
        with duckdb.connect(str(folder / "marts.duckdb")) as con:
            con.execute("update mart_performance set indicator = 'placement_rate_6m'")
            con.execute("update dim_indicator set indicator = 'placement_rate_6m' where label_en = 'Employment rate'")
        with Marts(folder / "marts.duckdb", "en") as marts:
            data = funnels(marts, "placement_rate_6m")[0]
        found = data.data if isinstance(data, Chart) else data
        assert isinstance(found, Table)
        return {str(row[0])[-2:] for row in found.rows if row[1] == "hidden"}

    assert hidden({"O1": [30]}) == {"O3", "O4"}
    assert hidden({"O1": [36]}) == {"O1", "O3"}
    assert hidden({"O2": [1, 1, 1]}) == {"O2", "O3"}
    assert hidden({"O2": [2, 3, 2, 3]}) == {"O3", "O4"}


def test_an_organisation_whose_outcome_is_nearly_everybodys_is_hidden(troubled: Path) -> None:
    found = table(troubled, "organisations.en.html", "Employment rate, 2025")
    assert found["Centre O1"][0] == "hidden" and found["Centre O4"][0] == "30"


def test_a_stale_mart_and_a_late_source_are_named_on_the_block(troubled: Path) -> None:
    said = page(troubled, "verification.en.html").xpath("//section[@aria-labelledby='funnel']//p[@class='stale']")
    assert [read(one) for one in said] == [
        "Stale This part could not be made anew; it is the last good version, as of 2026-10-05"
        " (mart_vacancy_verification)."
    ]
    (tiles,) = page(troubled, "index.en.html").xpath("//section[@aria-labelledby='days']")
    assert "Late: Office of ui_claims (ui_claims_daily) delivered last on 2026-10-01" in tiles.text_content()
    found = table(troubled, "quality.en.html", "Last delivery and condition")
    assert found["ui_claims_daily"][3:5] == ["late", "1,234"]


def test_a_release_without_a_mart_has_the_other_pages(board: Path, tmp_path: Path) -> None:
    less = Path(shutil.copy(board.parents[1] / "marts.duckdb", tmp_path / "marts.duckdb"))
    with duckdb.connect(str(less)) as con:
        con.execute("drop table mart_performance")
    with Marts(less, "en") as marts:
        pages = [one.name for one in board_of(marts, str)]
    assert pages == [name for name in PLANS if name != "organisations"]
    with duckdb.connect(str(less)) as con:
        con.execute("drop table mart_employment_alerts")
    with pytest.raises(NothingToRender, match="mart_employment_alerts"):
        render(staged(less), tmp_path)


def test_names_from_outside_are_never_live(troubled: Path) -> None:
    assert [found for path in sorted(troubled.iterdir()) for found in live(path)] == []


def test_both_languages_tell_the_same_figures(board: Path) -> None:
    for name in PLANS:
        korean, english = (page(board, f"{name}{end}.html").xpath("//data/@data-id") for end in ("", ".en"))
        assert korean == english, name
