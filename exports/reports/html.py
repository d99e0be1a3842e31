"""A report as one HTML page that needs no other file: the accessible original."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import partial

from markupsafe import Markup

from exports.pages import environment, style
from exports.reports.charts import draw
from exports.reports.content import Chart, Report
from exports.reports.words import text


def drawings(report: Report) -> dict[str, str]:
    """The report's charts as SVG text by name."""
    parts = [part for block in report.blocks for part in block.parts]
    return {part.name: draw(part) for part in parts if isinstance(part, Chart)}


def _image(svg: str) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def page(
    report: Report, drawn: Mapping[str, str], others: Sequence[Mapping[str, str]] = (), *, on_paper: bool = False
) -> str:
    """The page; ``others``: links (href, text, lang) to the other language and the other formats. ``on_paper``: charts
    as images with their alternative, since a PDF tags nothing else as a figure."""
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            lang=report.lang,
            t=partial(text, lang=report.lang),
            style=style(),
            drawn={name: _image(svg) if on_paper else Markup(svg) for name, svg in drawn.items()},  # noqa: S704
            others=others,
            on_paper=on_paper,
        )
    )
