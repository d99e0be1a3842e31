"""What a failing mart, a failing fact and a leak cost, on real builds from empty registers."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dbt_project import build
from exports import marts
from exports.pipeline import ReleaseStopped, build_warehouse, publish_release
from exports.render import Unsafe
from lmi.core import release as releases
from lmi.core.paths import Paths
from lmi.core.settings import SettingError, Settings, load_settings

FIRST, SECOND = date(2026, 10, 1), date(2026, 10, 2)
MART = "mart_coverage"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of one source with the release of the first day."""
    marts = (MART, "mart_vacancy_verification")
    settings = load_settings({}, home=tmp_path_factory.mktemp("home"), sources=("organisations",), marts=marts)
    publish_release(settings, build_warehouse(settings, FIRST))
    return settings


@pytest.fixture
def home(published: Settings, tmp_path: Path) -> Settings:
    """The same home for one test, to be changed at will."""
    shutil.copytree(published.home, tmp_path / "home", symlinks=True)
    return replace(published, home=tmp_path / "home")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the dbt project that the build uses instead."""
    copy = tmp_path / "dbt_project"
    shutil.copytree(build.PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
    monkeypatch.setattr(build, "PROJECT", copy)
    return copy


def model(project: Path, name: str) -> Path:
    return next(project.rglob(f"{name}.sql"))


def test_a_failing_mart_and_a_failing_product_are_replaced_by_their_last_good_versions_and_labelled(
    home: Settings, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model(project, MART).write_text("select error('planted') as mart")
    monkeypatch.setattr("exports.opendata.product.render", lambda staged, folder: {}["planted"])
    publish_release(home, build_warehouse(home, SECOND))
    release = releases.require_current(Paths.of(home))
    assert release.as_of == SECOND
    note = release.manifest["stale"][MART]
    assert (note["status"], note["as_of"]) == ("stale", FIRST.isoformat()) and "mart_coverage" in note["reason"]
    with duckdb.connect(str(release.marts), read_only=True) as con:
        assert con.execute(f"select distinct as_of from {MART}").fetchall() == [(FIRST,)]
        parts = dict(con.execute("select mart, status from release_parts").fetchall())
    assert parts.pop(MART) == "stale" and set(parts.values()) == {"current"}
    product = release.manifest["products"]["open"]
    assert (product["status"], product["stale"]["as_of"]) == ("stale", FIRST.isoformat())
    assert (release.folder / "exports" / "open" / "v1" / "tables" / "codes.csv").is_file()


def test_a_failing_fact_stops_the_release_and_the_last_one_stands(home: Settings, project: Path) -> None:
    model(project, "fct_vacancies").write_text("select error('planted') as vacancy_id")
    with pytest.raises(ReleaseStopped, match=r"2026-10-02 is not published.*fct_vacancies"):
        build_warehouse(home, SECOND)
    assert releases.require_current(Paths.of(home)).as_of == FIRST


def test_a_resident_number_in_a_mart_and_what_a_product_calls_unsafe_stop_the_release(
    home: Settings, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mart = model(project, MART)
    mart.write_text(f"select * replace ('900101-1234567' as note_en) from ({mart.read_text()})")
    built = build_warehouse(home, SECOND)
    work, aside = Paths.of(home).work, tmp_path / "aside"
    shutil.copytree(work, aside)
    with pytest.raises(ReleaseStopped, match=rf"{MART}.*resident number"):
        publish_release(home, built)
    shutil.rmtree(work)
    shutil.move(aside, work)

    def leak(staged: object, folder: Path) -> None:
        raise Unsafe("a name in open")

    monkeypatch.setattr("exports.opendata.product.render", leak)
    with pytest.raises(ReleaseStopped, match="a name in open"):
        publish_release(home, built)
    assert releases.require_current(Paths.of(home)).as_of == FIRST
    assert [r.id for r in releases.releases(Paths.of(home))] == [releases.require_current(Paths.of(home)).id]


def test_a_release_holds_the_marts_that_were_chosen_and_all_dimensions(published: Settings) -> None:
    tables = set(releases.require_current(Paths.of(published)).manifest["row_counts"])
    assert {name for name in tables if name.startswith("mart_")} == {MART, "mart_vacancy_verification"}
    assert {"dim_source", "dim_skill"} <= tables


def test_a_mart_that_does_not_exist_is_named(home: Settings) -> None:
    with pytest.raises(SettingError, match=r"LMI_MARTS names mart_moon, which is no mart\. Known: .*mart_coverage"):
        build_warehouse(replace(home, marts=("mart_moon", MART)), SECOND)


def test_the_same_release_is_not_built_twice_and_a_crash_before_the_flip_is_mended(home: Settings) -> None:
    paths = Paths.of(home)
    paths.current_release.unlink()
    built = build_warehouse(home, FIRST)
    assert built["unchanged"]
    publish_release(home, built)
    assert releases.require_current(paths).as_of == FIRST


def test_the_manifest_says_what_the_release_was_made_of(published: Settings) -> None:
    manifest = releases.require_current(Paths.of(published)).manifest
    assert manifest["stale"] == {} and manifest["inputs"] == [] and manifest["code_version"]
    assert manifest["row_counts"].keys() >= {MART, "dim_calendar"}
    assert {"dbt_seconds", "exports_seconds"} == manifest["timings"].keys()
    assert {f["path"] for f in manifest["files"]} >= {
        "marts.duckdb",
        "warehouse.duckdb",
        f"exports/marts/{MART}.parquet",
        "exports/open/v1/tables/codes.csv",
    }
    assert manifest["products"]["open"]["status"] == "current"
    assert json.dumps(manifest)


def test_every_column_of_every_table_is_in_the_dictionary(published: Settings) -> None:
    with duckdb.connect(str(releases.require_current(Paths.of(published)).marts), read_only=True) as con:
        columns = "select table_name, column_name, lower(data_type) from duckdb_columns() where not internal"
        there = set(con.execute(f"{columns} and table_name <> 'data_dictionary'").fetchall())
        told = set(con.execute("select table_name, column_name, lower(data_type) from data_dictionary").fetchall())
    assert {(table, column) for table, column, _ in there} == {(table, column) for table, column, _ in told}
    beside = {row for row in there if row[0].startswith("release")}
    assert len(beside) > 20 and beside <= told


def test_analysts_get_no_facts(published: Settings) -> None:
    release = releases.require_current(Paths.of(published))
    with duckdb.connect(str(release.marts), read_only=True) as con:
        tables = {row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()}
    assert not {t for t in tables if t.startswith(("fct_", "stg_", "int_"))}
    assert not {"dim_employer", "dim_workplace"} & tables
    assert marts.MARTS_SCHEMA not in tables


@pytest.mark.parametrize(
    ("text", "is_person"),
    [
        ('{"note": "900101-1234567"}', True), ('["9001011234567"]', True), ("<td>900101 2345678</td>", True),
        ('{"amount": 9001011234567}', False), ("sha256:ab900101-1234567f", False), ("0.900101-1234567", False),
        ('["901301-1234567"]', False),
    ],
)  # fmt: skip
def test_a_resident_number_in_any_text_of_the_exports_is_found(
    published: Settings, tmp_path: Path, text: str, is_person: bool
) -> None:
    release = releases.require_current(Paths.of(published))
    shutil.copy(release.marts, tmp_path)
    page = tmp_path / "exports" / "reports" / "brief.html"
    page.parent.mkdir(parents=True)
    page.write_text(text)
    if is_person:
        with pytest.raises(marts.AuditError, match=r"reports/brief\.html holds something that looks like a resident"):
            marts.audit(tmp_path)
    else:
        marts.audit(tmp_path)
