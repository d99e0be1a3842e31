"""The product ``reports``: every report of a release, in both languages and all formats, below ``exports/reports``.

What a release rendered can be rendered again from its marts alone, to the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from exports.render import NothingToRender, Staged
from exports.reports import daily, monthly
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
}


def render(staged: Staged, folder: Path) -> dict[str, str]:
    """Write all reports of a release; file -> why it is withheld. Raises NothingToRender without their marts."""
    withheld: dict[str, str] = {}
    for lang in LANGUAGES:
        with Marts(staged.marts, lang) as marts:
            for kind, (content, needed) in KINDS.items():
                if lacking := sorted(set(needed) - marts.tables):
                    raise NothingToRender(f"The {kind} report needs {', '.join(lacking)}; this release has none.")
                withheld |= write_report(content(marts), folder)
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
            for ending in ("pdf", "xlsx", "csv", "sdmx.csv", "sdmx.xml")
        ),
    ]
    write_file(folder / f"{stem}.html", page(report, drawn, others).encode())
    write_file(folder / f"{stem}.xlsx", workbook(report))
    write_file(folder / f"{stem}.csv", long_csv(report, bom=bom))
    write_file(folder / f"{stem}.sdmx.csv", sdmx_csv(report))
    write_file(folder / f"{stem}.sdmx.xml", structure(report))
    try:
        write_file(folder / f"{stem}.pdf", pdf(page(report, drawn, on_paper=True)))
    except NoPdf as reason:
        return {f"{stem}.pdf": str(reason)}
    return {}
