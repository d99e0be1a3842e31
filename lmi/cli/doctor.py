"""``lmi doctor``: is this installation fit to run, which settings are in force, and what to do if not."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

from rich.table import Table

from ingest.connected import NATIONAL, why_not_connected
from ingest.registry import RegistryError, sources_of
from lmi.cli.exits import out
from lmi.core import release as releases
from lmi.core.keys import key_file, load_keys
from lmi.core.paths import Paths
from lmi.core.settings import PROJECT_ROOT, SettingError, Settings

PACKAGES = ("apache-airflow", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pandas", "pyarrow")
#: programs of Debian packages that only some work needs; `make run` needs none of them
OPTIONAL_PROGRAMS = {
    "pg_ctlcluster": ("postgresql", "the end-to-end test under a real scheduler, and production metadata"),
    "chromedriver": ("chromium chromium-driver", "the browser tests of the reviewers' desk"),
}


def examine(settings: Settings, *, create_keys: bool = False) -> dict[str, Any]:
    """Checks (ok | note | fail, with the mend) and settings with their origin. Secrets are never in it."""
    paths = Paths.of(settings)
    checks = [
        _check(
            "Python", (3, 11) <= sys.version_info[:2] <= (3, 13), platform.python_version(), "Use Python 3.11 to 3.13."
        )
    ]
    for package in PACKAGES:
        try:
            checks.append(_check(package, True, version(package), ""))
        except PackageNotFoundError:
            checks.append(_check(package, False, "missing", "Run `make install`."))
    free = shutil.disk_usage(_existing(settings.home)).free
    checks.append(_check("disk", free > 2e9, f"{free / 1e9:.1f} GB free", "Free some space or set LMI_HOME elsewhere."))
    try:
        sources = sources_of(settings.profile, settings.sources).values()
        checks.append(_check("registry", True, f"{len(sources)} sources in profile {settings.profile}", ""))
        if settings.profile == NATIONAL:
            connected = [s.id for s in sources if why_not_connected(s, settings) is None]
            mend = "Set an address and a key, or make the source's folder in the drop (docs/connect-work24.md)."
            checks.append(_note("connected", bool(connected), ", ".join(connected) or "no source", mend))
    except RegistryError as error:
        checks.append(_check("registry", False, "wrong", str(error)))
    try:
        load_keys(settings, create=create_keys)
        where = "derived from the sandbox seed" if settings.profile == "sandbox" else str(key_file(settings))
        checks.append(_check("keys", True, where, ""))
    except SettingError as error:
        checks.append(_check("keys", False, "not usable", str(error)))
    if settings.profile == "real":
        there = settings.real_data.is_dir()
        checks.append(
            _check("real data", there, str(settings.real_data), "Set LMI_REAL_DATA to the folder of real data.")
        )
    release = releases.current(paths)
    checks.append(_note("release", release is not None, release.id if release else "none", "Run `lmi run`."))
    for program, (package, use) in OPTIONAL_PROGRAMS.items():
        found = shutil.which(program)
        checks.append(_note(program, bool(found), found or "absent", f"Only for {use}: apt-get install {package}."))
    checks.append(_pdf())
    return {"checks": checks, "settings": _in_force(settings), "project": str(PROJECT_ROOT)}


def _pdf() -> dict[str, str]:
    """Can the reports be printed? HTML goes out in any case."""
    from exports.reports.pdf import DEBIAN, NoPdf, pdf

    try:
        pdf("<title>PDF</title>")
    except NoPdf as reason:
        return _note("PDF", False, "absent", str(reason))
    return _note("PDF", True, DEBIAN, "")


def _existing(path: Any) -> Any:
    while not path.exists():
        path = path.parent
    return path


def _check(name: str, ok: bool, found: str, mend: str) -> dict[str, str]:
    return {"check": name, "outcome": "ok" if ok else "fail", "found": found, "mend": "" if ok else mend}


def _note(name: str, ok: bool, found: str, mend: str) -> dict[str, str]:
    return _check(name, ok, found, mend) | ({} if ok else {"outcome": "note"})


def _in_force(settings: Settings) -> list[dict[str, str]]:
    rows = []
    for field in fields(settings):
        if field.name in {"origins", "api_keys", "endpoints"}:
            continue
        origin = settings.origins.get(field.name, "default")
        rows.append({"setting": field.name, "value": str(getattr(settings, field.name)), "origin": origin})
    for code, url in sorted(settings.endpoints.items()):
        name = f"endpoints.{code}"
        rows.append({"setting": name, "value": redacted(url), "origin": settings.origins.get(name, "default")})
    if not settings.endpoints:
        rows.append({"setting": "endpoints", "value": "none", "origin": "default"})
    named = ", ".join(sorted(settings.api_keys)) or "none"
    rows.append({"setting": "api_keys", "value": f"{named} (values are never shown)", "origin": "LMI_KEY__* or file"})
    return rows


def redacted(url: str) -> str:
    """The address without what may be secret in it: user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(no address)"
    _, at, host = parts.netloc.rpartition("@")
    secret = {"query": "***" if parts.query else "", "fragment": "***" if parts.fragment else ""}
    if not host:  # no //: what looks like a path may be user and password
        return "(no address)" if url else ""
    return parts._replace(netloc=f"***@{host}" if at else host, **secret).geturl()


def print_findings(findings: dict[str, Any]) -> None:
    colours = {"ok": "green", "note": "yellow", "fail": "red"}
    table = Table("check", "outcome", "found", "what to do")
    for check in findings["checks"]:
        colour = colours[check["outcome"]]
        table.add_row(check["check"], f"[{colour}]{check['outcome']}[/]", check["found"], check["mend"])
    out.print(table)
    table = Table("setting", "value in force", "where it came from")
    for row in findings["settings"]:
        table.add_row(row["setting"], row["value"], row["origin"])
    out.print(table)
