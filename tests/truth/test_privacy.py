"""Nobody planted in the nation is found outside the sealed zone, and inside it only encrypted."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from ingest.sealed import read_frames
from lmi.core.keys import load_keys
from tests.leaks import find_leaks, forms_of_person
from tests.truth.conftest import Told
from tests.truth.strays import planted

pytestmark = pytest.mark.xdist_group("truth")


@pytest.fixture(scope="module")
def needles(told: Told) -> list[str]:
    columns = ["resident_no", "phone", "email", "name"]
    persons = planted(told.street.truth)[columns].itertuples(index=False)
    return [form for person in persons for form in forms_of_person(*person)]


def test_planted_persons_came_through_the_door(told: Told, needles: list[str]) -> None:
    """Otherwise finding nothing would mean nothing: they are in the delivered files and in the sealed zone."""
    drop = told.street.settings.drop
    delivered = " ".join(find_leaks(drop, needles, outside=()))
    assert "seeker_registrations" in delivered
    assert "insurance_events" in delivered
    for source in ("portal_vacancies", "vacancy_reviews"):
        assert source in delivered
        assert list((told.street.paths.landing / source).rglob("*.sealed"))
    keys = load_keys(told.street.settings)
    sealed = told.street.paths.sealed / "linkage" / "seeker_registrations"
    names = set()
    for path in sealed.glob("*.sealed"):
        for frame in read_frames(path, keys, "linkage", "seeker_registrations"):
            names |= set(pq.read_table(io.BytesIO(frame))["name"].to_pylist())
    assert set(planted(told.street.truth)["name"]) <= names


def test_nothing_in_the_home(told: Told, needles: list[str]) -> None:
    """Landing, accepted rows, quarantine, check results, sealed files, ledger, releases with both databases."""
    home = told.street.paths.home
    kinds = {path.suffix for path in home.rglob("*") if path.is_file()}
    assert {".parquet", ".duckdb", ".sqlite", ".json", ".sealed"} <= kinds
    assert find_leaks(home, needles) == []


def test_nothing_in_what_dbt_leaves(told: Told, needles: list[str]) -> None:
    assert list(told.work.rglob("manifest.json"))
    assert list(told.work.rglob("run_results.json"))
    assert list(told.work.rglob("*.log"))
    assert find_leaks(told.work, needles, outside=()) == []


@pytest.fixture
def spoilt(told: Told, tmp_path: Path) -> Iterator[Path]:
    """A copy of one load, the ledger and the current release, to leak into."""
    paths = told.street.paths
    load = next(p for p in sorted(paths.accepted.glob("seeker_registrations/*")) if p.is_dir())
    shutil.copytree(load, tmp_path / "accepted")
    shutil.copyfile(paths.ledger, tmp_path / "ledger.sqlite")
    shutil.copyfile(paths.current_release / "marts.duckdb", tmp_path / "marts.duckdb")
    yield tmp_path


def test_a_leak_would_be_found(spoilt: Path, told: Told, needles: list[str]) -> None:
    person = planted(told.street.truth).iloc[1]
    number, phone = person["resident_no"].replace("-", ""), person["phone"].replace("-", ".")
    assert find_leaks(spoilt, needles) == []
    parquet = next((spoilt / "accepted").glob("accepted-*.parquet"))
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * replace (case when _row = 3 then '{number}' else office_code end as office_code)"
            f" from read_parquet('{parquet}')) to '{spoilt / 'accepted' / 'spoilt.parquet'}' (compression zstd)"
        )
    with duckdb.connect(str(spoilt / "marts.duckdb")) as con:
        con.execute("create table note as select i, repeat('가', 30) || case when i = 500 then $1 else '' end as text"
                    " from range(1000) as t(i)", [person["name"]])  # fmt: skip
    with closing(sqlite3.connect(spoilt / "ledger.sqlite")) as con, con:
        con.execute("update stages set detail = ? where id = 1", (json.dumps({"error": person["name"]}),))
    (spoilt / "log").mkdir()
    (spoilt / "log" / "task.log").write_text(f"could not call {phone}\n")
    found = "\n".join(find_leaks(spoilt, needles))
    for place in ("accepted/spoilt.parquet", "marts.duckdb", "ledger.sqlite", "log/task.log"):
        assert place in found
