"""The pages of a release in a headless Chromium: axe finds nothing on any in either language, the board is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exports.api.app import create_app
from exports.board.pages import PLANS
from exports.reports.html import drawings, page
from exports.reports.product import KINDS
from exports.reports.reading import Marts
from lmi.core.settings import LANGUAGES
from tests.axe import violations
from tests.exports.api.conftest import editions_of, serving
from tests.exports.board.marts import write_board
from tests.exports.handmade import publish
from tests.exports.reports.crawl import wrong_figures
from tests.validation.desk.browser import CHROMIUM, DRIVER, Browser, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="no Chromium here: apt-get install chromium chromium-driver. The pages are tested without it too.",
    ),
]
#: as narrow as WCAG 1.4.10 asks for
DESKTOP, PHONE = (1280, 900), (320, 800)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board of a release by hand, read only."""
    return write_board(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, board: Path) -> Path:
    """A published release with that board, the codebooks of its tables, and its reports beside it."""
    home = tmp_path_factory.mktemp("home")
    publish(home, board=board)
    for lang in LANGUAGES:
        with Marts(board.parents[1] / "marts.duckdb", lang) as marts:
            for kind, (content, _) in KINDS.items():
                report = content(marts)
                (home / f"{kind}.{lang}.html").write_text(page(report, drawings(report)), "utf-8")
    return home


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium") / "profile", *DESKTOP) as window:
        yield window


@pytest.fixture
def window(browser: Browser) -> Iterator[Browser]:
    """The one window as wide as a desk's."""
    browser.emulate(*DESKTOP)
    yield browser
    browser.emulate(*DESKTOP)


def opened(browser: Browser, file: Path, fragment: str = "") -> Browser:
    browser.open("about:blank")  # a fragment alone would not load the page again
    browser.open(file.as_uri() + fragment)
    browser.wait("document.readyState === 'complete'")
    return browser


#: of each list of bars, width as drawn and figure of each
LENGTHS = (
    "[...document.querySelectorAll('ol.bars')].map((list) => [...list.querySelectorAll('.bar')].map((bar) =>"
    " [bar.getBoundingClientRect().width, Number(bar.parentElement.querySelector('data').value)]))"
)


def figures_of(browser: Browser, marts: Path) -> int:
    """How many figures stand in the page as it is now; every one is that of its mart."""
    found, wrong = wrong_figures(browser.run("document.documentElement.outerHTML"), marts)
    assert wrong == []
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing_on_any_page_of_the_board(window: Browser, board: Path, lang: str) -> None:
    for name in PLANS:
        opened(window, board / (f"{name}.html" if lang == "ko" else f"{name}.{lang}.html"))
        assert violations(window) == [], name
        window.emulate(*PHONE)
        assert window.run("document.documentElement.scrollWidth <= innerWidth"), name
        window.emulate(*DESKTOP)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing_on_reports_and_codebooks(window: Browser, home: Path, lang: str) -> None:
    exports = home / "releases" / "current" / "exports"
    pages = [home / f"{kind}.{lang}.html" for kind in KINDS] + sorted(exports.rglob(f"codebook.{lang}.html"))
    assert len(pages) == len(KINDS) + 1
    for file in pages:
        assert violations(opened(window, file)) == [], file.name


def test_axe_finds_what_is_broken(window: Browser, board: Path) -> None:
    opened(window, board / "index.html")
    window.run("document.querySelector('h1').style.color = '#bbb'")
    window.run("document.documentElement.removeAttribute('lang')")
    assert {found.partition(":")[0] for found in violations(window)} == {"color-contrast", "html-has-lang"}


def test_a_bar_is_as_long_as_its_figure(window: Browser, board: Path) -> None:
    opened(window, board / "provinces.en.html")
    window.run(
        "(() => { const column = document.querySelector('.indicators').value;"
        "[...document.querySelectorAll('.overview tbody tr')].slice(-2).forEach((row, place) =>"
        " { row.cells[column].innerHTML = `<data value='${1000 + 500 * place}'>many</data>`; });"
        "document.querySelector('.indicators').dispatchEvent(new Event('change')); })()"
    )
    bars = window.run(LENGTHS)[0]
    assert [figure for _, figure in bars][-2:] == [1000, 1500]
    assert [pixels / figure for pixels, figure in bars] == pytest.approx([bars[-1][0] / 1500] * len(bars), rel=0.01)


def test_a_province_is_chosen_by_mouse_and_by_select_and_tells_its_figures(window: Browser, board: Path) -> None:
    marts = board.parents[1] / "marts.duckdb"
    opened(window, board / "provinces.en.html")
    before = figures_of(window, marts)
    assert window.run("document.querySelectorAll('.place:not([hidden])').length") == 1
    window.run("document.querySelector('ol.bars a[href=\"#area-11\"]').click()")
    window.wait("!document.querySelector('#area-11').hidden")
    assert window.run("document.activeElement.id") == "area-11"
    assert window.run("document.querySelector('.told').textContent").replace("\xa0", " ") == (
        "Seoul by month: openings_new"
    )
    assert window.run("document.querySelector('li.chosen data').textContent") == "42"
    assert figures_of(window, marts) > before, "the bars carry the figures of their tables"
    window.run("document.querySelector('.choice').value = 'area-26'")
    window.run("document.querySelector('.choice').dispatchEvent(new Event('change'))")
    assert window.run("document.querySelector('#area-26 ol.bars').textContent").endswith("hidden")
    assert window.run("location.hash") == "#area-26"
    assert violations(window) == []
    window.run("document.querySelector('a[hreflang=ko]').click()")
    window.wait("document.documentElement.lang === 'ko' && document.readyState === 'complete'")
    assert window.url.endswith("/provinces.html#area-26")
    assert window.run("!document.querySelector('#area-26').hidden"), "the other language shows the same province"


def test_an_indicator_is_chosen_and_its_bars_are_drawn(window: Browser, board: Path) -> None:
    opened(window, board / "industries.html", "#industry-C")
    assert window.run("document.querySelector('li.chosen data').textContent") == "50"
    assert window.run("document.querySelectorAll('.overview li').length") == 3
    assert window.run("document.querySelectorAll('.overview .bar').length") == 2, "what is hidden has no bar"


def test_on_paper_there_is_no_navigation_and_the_chosen_province_alone(window: Browser, board: Path) -> None:
    opened(window, board / "provinces.html", "#area-11")
    window.cdp("Emulation.setEmulatedMedia", media="print")
    shown = "getComputedStyle(document.querySelector('{}')).display"
    try:
        assert [window.run(shown.format(what)) for what in ("nav", ".controls")] == ["none", "none"]
        assert window.run(shown.format("#area-11 table")) == "table"
        assert window.run(shown.format("#area-26")) == "none"
    finally:
        window.cdp("Emulation.setEmulatedMedia", media="")


def test_the_board_opens_from_the_api_and_asks_nobody_else(window: Browser, home: Path) -> None:
    with serving(create_app(editions_of(home))) as address:
        window.open(f"{address}/board")
        window.wait("document.readyState === 'complete' && document.querySelectorAll('.tile').length > 0")
        assert window.url == f"{address}/board/"
        loaded = window.run("performance.getEntriesByType('resource').map((entry) => entry.name)")
        assert [name for name in loaded if not name.startswith(address)] == []
        first = window.run("performance.getEntriesByType('navigation')[0].transferSize")
        also = window.run("performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0)")
        assert 0 < first + also < 300_000, "bytes of the first view"
        window.run("document.querySelector('nav a[href=\"provinces.html\"]').click()")
        window.wait("document.querySelectorAll('ol.bars').length > 0")
        assert window.url == f"{address}/board/provinces.html"
