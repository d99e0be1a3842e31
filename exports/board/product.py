"""The product ``board``: static pages of the release in Korean and English below ``exports/board``, each one file that
needs no other."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup

from exports.board.pages import INDEX, PLANS, board
from exports.pages import environment, script, style
from exports.render import NothingToRender, Staged
from exports.reports.charts import draw_spec
from exports.reports.content import Chart, Report, Tiles
from exports.reports.reading import Marts
from exports.reports.words import text
from lmi.core.atomic import write_file
from lmi.core.settings import LANGUAGES

#: pixels; as many panels stand side by side as the window has room for
_PANEL_WIDTH = 300


def render(staged: Staged, folder: Path) -> None:
    """Write every page of the board. Raises NothingToRender without the marts of the first one."""
    for lang in LANGUAGES:
        with Marts(staged.marts, lang) as marts:
            if lacking := sorted(set(PLANS[INDEX].needed) - marts.tables):
                raise NothingToRender(f"The board needs {', '.join(lacking)}; this release has none.")
            pages = board(marts, partial(file_name, lang=lang))
        for page in pages:
            write_file(folder / file_name(page.name, lang), html(page, pages).encode())


def file_name(page: str, lang: str) -> str:
    """``index.html`` is Korean, as the ministry reads it; ``index.en.html`` English."""
    return f"{page}.html" if lang == LANGUAGES[0] else f"{page}.{lang}.html"


def first_page(release: Path, lang: str) -> Path | None:
    """Where the board of a release's folder begins; None where it has none."""
    found = release / "exports" / "board" / file_name(INDEX, lang)
    return found if found.is_file() else None


def html(page: Report, pages: Sequence[Report]) -> str:
    """One page with the navigation to ``pages``."""
    lang = page.lang
    other = next(one for one in LANGUAGES if one != lang)
    return (
        environment()
        .get_template("board.html")
        .render(
            report=page,
            lang=lang,
            t=partial(text, lang=lang),
            style=style() + style("board"),
            script=script("board"),
            script_hash=b64encode(sha256(script("board").encode()).digest()).decode(),
            drawn=drawings(page),
            pages=[
                {"name": one.name, "href": file_name(one.name, lang), "title": text(f"page_{one.name}", lang)}
                for one in pages
            ],
            home=file_name(INDEX, lang),
            others=[{"href": file_name(page.name, other), "text": text("language", other), "lang": other}],
            on_paper=False,
        )
    )


def drawings(page: Report) -> Mapping[str, Markup]:
    """Charts and tiles of a page as SVG by name; panels of one chart stand side by side as the window allows."""
    drawn: dict[str, Markup] = {}
    for part in (part for block in page.blocks for part in block.parts):
        if isinstance(part, Chart):
            drawn[part.name] = _panels(part)
        elif isinstance(part, Tiles):
            for tile in part.tiles:
                if tile.course:
                    drawn[tile.name] = Markup(draw_spec(tile.name, tile.course))  # noqa: S704
    return drawn


def _panels(chart: Chart) -> Markup:
    panels = chart.spec.get("concat")
    if not panels:
        return Markup(draw_spec(chart.name, chart.spec))  # noqa: S704
    shared = {"data": chart.spec["data"]} if "data" in chart.spec else {}
    found = [
        draw_spec(f"{chart.name}-{place}", {**shared, **panel, "width": _PANEL_WIDTH})
        for place, panel in enumerate(panels)
    ]
    return Markup('<div class="panels">{}</div>').format(Markup("").join(Markup(svg) for svg in found))  # noqa: S704
