"""The product ``reports``: every report of a release, in both languages and all formats, below ``exports/reports``.

What a release rendered can be rendered again from its marts alone, to the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from exports.render import NothingToRender, Staged
from exports.reports import daily, monthly, source_quality
from exports.reports.content import Report
from exports.reports.html import drawings, page
from exports.reports.pdf import NoPdf, pdf
from exports.reports.reading import Marts
from exports.reports.sdmx import sdmx_csv, structure
from exports.reports.sheets import long_csv, workbook
from exports.reports.words import text
from lmi.core.atomic import write_file
from lmi.core.settings import LANGUAGES

#: kind -> (content, tables it is made of)
KINDS: Mapping[str, tuple[Callable[[Marts], Report], tuple[str, ...]]] = {
    "daily": (daily.daily_brief, daily.NEEDED),
    "monthly": (monthly.monthly_report, monthly.NEEDED),
    "quality": (source_quality.quality_report, source_quality.NEEDED),
}


def render(staged: Staged, folder: Path) -> dict[str, str]:
    """Write the reports of a release; file or report -> why it is withheld. Raises NothingToRender where none has its
    marts."""
    withheld: dict[str, str] = {}
    for lang in LANGUAGES:
        with Marts(staged.marts, lang) as marts:
            for kind, (content, needed) in KINDS.items():
                if lacking := sorted(set(needed) - marts.tables):
                    withheld[kind] = f"The {kind} report needs {', '.join(lacking)}; this release has none."
                else:
                    withheld |= write_report(content(marts), folder)
    if set(KINDS) <= set(withheld):
        raise NothingToRender(" ".join(withheld.values()))
    return withheld


def write_report(report: Report, folder: Path, *, bom: bool = False) -> dict[str, str]:
    """Write one report in every format below ``folder``; file -> why it could not be made and how to mend that.
    ``bom``: the CSV of tables begins with a byte order mark."""
    folder.mkdir(parents=True, exist_ok=True)
    other = next(lang for lang in LANGUAGES if lang != report.lang)
    stem, drawn = f"{report.name}.{report.lang}", drawings(report)
    others = [
        {"href": f"{report.name}.{other}.html", "text": text("language", other), "lang": other},
        *(
            {"href": f"{stem}.{ending}", "text": ending.upper().replace(".", " "), "lang": ""}
            for ending in report.formats
            if ending != "html"
        ),
    ]
    write_file(folder / f"{stem}.html", page(report, drawn, others).encode())
    write_file(folder / f"{stem}.xlsx", workbook(report))
    write_file(folder / f"{stem}.csv", long_csv(report, bom=bom))
    if "sdmx.csv" in report.formats:
        write_file(folder / f"{stem}.sdmx.csv", sdmx_csv(report))
        write_file(folder / f"{stem}.sdmx.xml", structure(report))
    if "pdf" not in report.formats:
        return {}
    try:
        write_file(folder / f"{stem}.pdf", pdf(page(report, drawn, on_paper=True)))
    except NoPdf as reason:
        return {f"{stem}.pdf": str(reason)}
    return {}
