"""``lmi report``: what a kept release published is rendered again to the same bytes."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from exports.render import Staged
from exports.reports import pdf
from exports.reports.product import render
from exports.reports.sheets import BOM
from lmi.cli.main import app
from lmi.core.settings import load_settings
from tests.exports.reports.marts import AS_OF, write_marts

LATER = date(2026, 10, 8)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two kept releases: that of 7 October with its reports, and the current one of the day after, which knows more."""
    home: Path = tmp_path_factory.mktemp("reports") / "home"
    settings = load_settings({}, home=home)
    kept, current = home / "releases" / "20261007-abc", home / "releases" / "20261008-def"
    kept.mkdir(parents=True)
    write_marts(kept / "marts.duckdb")
    shutil.copytree(kept, current)
    with duckdb.connect(str(current / "marts.duckdb")) as con:
        con.execute("update release set release_id = '20261008-def', as_of = '2026-10-08'")
        con.execute("update mart_employment_key_figures set value = value + 1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "_weasyprint", _no_pdf)
        render(Staged(kept, kept.name, AS_OF, settings, None), kept / "exports" / "reports")
    for folder, day in ((kept, AS_OF), (current, LATER)):
        manifest = {"as_of": day.isoformat(), "built_at": f"{day}T05:00:00+09:00", "stale": {}}
        (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (home / "releases" / "current").symlink_to(current.name)
    return home


def _no_pdf() -> None:
    raise pdf.NoPdf("no Pango")


def report(home: Path, to: Path, *arguments: str) -> str:
    env = {"LMI_HOME": str(home), "LMI_LANGUAGE": "en", "COLUMNS": "300"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "_weasyprint", _no_pdf)
        done = CliRunner().invoke(app, ["report", *arguments, "--to", str(to)], env=env)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(("kind", "lang"), [("daily", "ko"), ("monthly", "en")])
def test_a_past_report_is_rebuilt_to_the_bytes_that_were_published(
    home: Path, tmp_path: Path, kind: str, lang: str
) -> None:
    said = report(home, tmp_path, kind, "--as-of", AS_OF.isoformat(), "--lang", lang)
    published = sorted((home / "releases" / "20261007-abc" / "exports" / "reports").glob(f"{kind}.{lang}.*"))
    assert len(published) == 5 and said.count("as release 20261007-abc published it") == 5
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [path.read_bytes() for path in published]
    report(home, tmp_path / "current", kind, "--lang", lang)
    page = f"{kind}.{lang}.html"
    assert (tmp_path / "current" / page).read_bytes() != (tmp_path / page).read_bytes()


def test_the_csv_begins_with_a_byte_order_mark_where_asked(home: Path, tmp_path: Path) -> None:
    published = home / "releases" / "20261007-abc" / "exports" / "reports" / "daily.ko.csv"
    said = report(home, tmp_path, "daily", "--as-of", AS_OF.isoformat(), "--lang", "ko", "--bom")
    assert (tmp_path / "daily.ko.csv").read_bytes() == BOM.encode() + published.read_bytes()
    assert "as release 20261007-abc published it" not in next(x for x in said.splitlines() if "daily.ko.csv" in x)
