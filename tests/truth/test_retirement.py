"""A person is erased on request, what was kept for its term is deleted: nothing is left but the tombstone."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from dbt_project.build import create_warehouse, plan
from exports.reports.reading import Marts
from exports.reports.words import text
from ingest.sealed import read_frames
from lmi.cli.main import app
from lmi.core import release as releases
from lmi.core.keys import load_keys
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from tests.leaks import find_leaks
from tests.truth.conftest import Told
from tests.truth.strays import planted
from validation import deletion, retirement
from validation.retirement import NotErased, retire, tombstones

pytestmark = pytest.mark.xdist_group("truth")

TOMBSTONE = ("landing/erasures/", "accepted/erasures/")


def _copied(source: str, target: str) -> str:
    """Linked where files are written anew and never into, copied where they are."""
    if Path(source).suffix in {".parquet", ".sealed", ".duckdb"}:
        os.link(source, target)
        return target
    return str(shutil.copy2(source, target))


@pytest.fixture
def settings(told: Told, tmp_path: Path) -> Settings:
    """The home of the two releases, to be changed at will."""
    home = tmp_path / "home"
    ignored = shutil.ignore_patterns("work", "airflow", "data_docs", "drop")
    shutil.copytree(told.street.paths.home, home, symlinks=True, copy_function=_copied, ignore=ignored)
    return replace(told.street.settings, home=home, drop=home / "drop")


@pytest.fixture
def resident_no(told: Told) -> str:
    return str(planted(told.street.truth).iloc[1]["resident_no"])


def token_of(settings: Settings, resident_no: str) -> str:
    return load_keys(settings).token("person", resident_no.replace("-", ""))


def command(settings: Settings, said: str) -> str:
    env = {
        "LMI_HOME": str(settings.home), "LMI_NATION": str(settings.nation), "LMI_LANGUAGE": "en", "COLUMNS": "300",
        "LMI_SANDBOX_SEED": str(settings.sandbox_seed), "LMI_SANDBOX_PERSONS": str(settings.sandbox_persons),
    }  # fmt: skip
    done = CliRunner().invoke(app, ["erase"], input=said, env=env)
    assert done.exit_code == 0, done.output
    return done.output


def test_an_erased_person_is_nowhere_and_does_not_come_back(told: Told, settings: Settings, resident_no: str) -> None:
    paths, token = Paths.of(settings), token_of(settings, resident_no)
    said = command(settings, f"{resident_no}\n")
    assert resident_no.replace("-", "") not in said.replace("-", "") and token not in said
    (entry,) = [stage for stage in Ledger(paths.ledger).stages() if stage["stage"] == "retire"]
    file = paths.proofs / entry["detail"]["proof"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == entry["detail"]["sha256"]
    proof = json.loads(file.read_text("utf-8"))
    assert {file.split("/")[0] for file in proof["files_before"]} >= {"landing", "accepted", "releases"}
    assert proof["left"] == [] and proof["files_scanned"] > 100
    zones = proof["rows_deleted"]["seeker_registrations"]
    assert zones["landing"] == zones["sealed"] > 0 and zones["accepted"] > 0
    assert proof["rows_deleted"]["insurance_events"]["landing"] > 0

    stones = tombstones(paths)
    numbers = sorted(set().union(*stones.values()))
    assert stones["person_key"] == {token} and stones["seeker_reg_no"]
    left = [line for line in find_leaks(paths.home, numbers, outside=("drop",)) if not line.startswith(TOMBSTONE)]
    assert left == []
    keys, sealed = load_keys(settings), paths.sealed / "linkage" / "seeker_registrations"
    for path in sealed.glob("*.sealed"):
        for frame in read_frames(path, keys, "linkage", "seeker_registrations"):
            assert token not in pq.read_table(io.BytesIO(frame))["person_key"].to_pylist()
    reads = [json.loads(line) for line in (paths.sealed / "access.ndjson").read_text().splitlines()]
    assert {read["source"] for read in reads if read["reason"] == proof["name"]} >= {"seeker_registrations"}

    # the provider delivers everything again
    for zone in ("landing", "accepted"):
        for source in ("seeker_registrations", "insurance_events"):
            shutil.rmtree(settings.home / zone / source)
            shutil.copytree(told.street.paths.home / zone / source, settings.home / zone / source)
    create_warehouse(plan(settings, told.latest.as_of), settings.home / "w.duckdb")
    with duckdb.connect(str(settings.home / "w.duckdb"), read_only=True) as con:
        for source in ("seeker_registrations", "insurance_events"):
            (rows, of_person), = con.execute(
                f"select count(*), count(*) filter (where person_key = ?) from landing.{source}", [token]
            ).fetchall()  # fmt: skip
            assert rows > 1_000 and of_person == 0
    (settings.home / "w.duckdb").unlink()
    again = retire(settings, told.latest.as_of, datetime.now(UTC))
    assert again and again["rows_deleted"]["insurance_events"]["landing"] > 0 and again["left"] == []
    assert retire(settings, told.latest.as_of, datetime.now(UTC)) is None


def test_a_proof_fails_when_anything_is_left(
    settings: Settings, resident_no: str, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite = deletion._rewrite

    def careless(folder: Path, entry: dict[str, Any], hashes: set[str]) -> tuple[dict[str, Any], int]:
        return (entry, 0) if entry["path"].startswith("accepted-") else rewrite(folder, entry, hashes)

    monkeypatch.setattr(deletion, "_rewrite", careless)
    now = datetime.now(UTC)
    with pytest.raises(NotErased, match="accepted/insurance_events"):
        retirement.erase(
            settings, token_of(settings, resident_no), day=told.latest.as_of, now=now, basis="test", reader="test"
        )
    assert Ledger(Paths.of(settings).ledger).stages()[-1]["outcome"] == "failed"


def test_what_was_kept_for_its_term_is_deleted_by_source(settings: Settings, told: Told) -> None:
    paths = Paths.of(settings)
    issued = releases.require_current(paths)
    exports = sorted((path, path.stat().st_mtime_ns) for path in (issued.folder / "exports").rglob("*"))
    proof = retire(settings, told.latest.as_of.replace(year=told.latest.as_of.year + 6), datetime.now(UTC))
    assert proof and proof["left"] == []
    gone = {load.split("/")[0] for load in proof["loads_deleted"]}
    assert {"seeker_registrations", "ui_claims", "service_episodes"} <= gone and "insurance_events" not in gone
    assert not list((paths.landing / "seeker_registrations").rglob("*.parquet"))
    assert not list((paths.sealed / "linkage" / "seeker_registrations").glob("*.sealed"))
    assert list((paths.landing / "insurance_events").rglob("*.parquet"))
    assert proof["warehouses_deleted"] and not issued.warehouse.exists() and issued.marts.is_file()
    assert sorted((path, path.stat().st_mtime_ns) for path in (issued.folder / "exports").rglob("*")) == exports
    releases.verify(releases.require_current(paths))


def test_a_report_rebuilt_after_an_erasure_says_so(told: Told, tmp_path: Path) -> None:
    file = Path(shutil.copy(releases.require_current(told.street.paths).marts, tmp_path / "marts.duckdb"))
    with Marts(file, "en") as marts:
        assert not marts.erased_on
    with duckdb.connect(str(file)) as con:
        con.execute("insert into release_erasures values ('2027-01-05')")
    with Marts(file, "ko") as marts:
        assert text("erased_since", "ko", day="2027-01-05") in marts.stale(())
