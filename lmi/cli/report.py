"""``lmi report``: any kept release's report, rendered again from its marts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from exports.reports.monthly import regional_page
from exports.reports.product import KINDS, write_report
from exports.reports.reading import Marts
from lmi.cli.exits import DataFailure, out
from lmi.cli.words import text
from lmi.core import release as releases
from lmi.core.atomic import sha256_file
from lmi.core.paths import Paths
from lmi.core.release import Release
from lmi.core.settings import LANGUAGES, SettingError, Settings


def write(
    settings: Settings,
    kind: str,
    as_of: date | None,
    lang: str,
    to: Path,
    region: str | None = None,
    *,
    bom: bool = False,
) -> list[Path]:
    """Write the report of the release as of that day (default: the current one) below ``to``; its files. ``region``:
    the page of that province instead of the monthly report. ``bom``: the CSV begins with a byte order mark.

    Raises SettingError for an unknown kind, language or province, DataFailure without such a release or its marts.
    """
    if kind not in KINDS:
        raise SettingError(f"There is no report {kind!r}; use one of {', '.join(KINDS)}.")
    if lang not in LANGUAGES:
        raise SettingError(f"--lang {lang} is unknown; use one of {', '.join(LANGUAGES)}.")
    release = _release(Paths.of(settings), as_of)
    content, needed = KINDS[kind]
    with Marts(release.marts, lang) as marts:
        if lacking := sorted(set(needed) - marts.tables):
            raise DataFailure(f"Release {release.id} does not hold {', '.join(lacking)}, so it has no {kind} report.")
        if region and (kind != "monthly" or region not in marts.regions):
            known = ", ".join(f"{code} {name}" for code, name in marts.regions.items())
            raise SettingError(f"--region {region} is no province of the monthly report; use one of {known}.")
        report = regional_page(marts, region) if region else content(marts)
    withheld = write_report(report, to, bom=bom)
    for name, reason in withheld.items():
        out.print(text("part_withheld", settings.language, name=kind, part=name, reason=reason), highlight=False)
    return [path for path in sorted(to.glob(f"{report.name}.{lang}.*")) if path.is_file()]


def print_files(
    settings: Settings,
    kind: str,
    as_of: date | None,
    lang: str,
    to: Path,
    region: str | None = None,
    *,
    bom: bool = False,
) -> None:
    """Write the report and say where it is, and whether it is what the release published."""
    release = _release(Paths.of(settings), as_of)
    kept = release.folder / "exports" / "reports"
    for path in write(settings, kind, as_of, lang, to, region, bom=bom):
        published = kept / path.name
        same = published.is_file() and sha256_file(published) == sha256_file(path)
        said = text("report_same" if same else "report_new", settings.language, path=path, release=release.id)
        out.print(said, highlight=False, soft_wrap=True)


def _release(paths: Paths, as_of: date | None) -> Release:
    if as_of is None:
        return releases.require_current(paths)
    of_day = [release for release in releases.releases(paths) if release.as_of == as_of]
    standing = releases.current(paths)
    if standing and standing in of_day:
        return standing
    if not of_day:
        kept = ", ".join(sorted({r.manifest["as_of"] for r in releases.releases(paths)})) or "none"
        raise DataFailure(f"No release as of {as_of} is kept (kept: {kept}). `lmi run --date {as_of}` builds it again.")
    return of_day[-1]
