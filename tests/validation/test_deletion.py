"""A run that dies in the middle of a deletion harms no reader, and the next run finishes what it left."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.delivery import RawFile
from ingest.landing import folder_of, loads, verify
from ingest.registry import load_registry
from ingest.sealed import read_sealed, sealed_path
from lmi.core import release as releases
from lmi.core.keys import load_keys
from lmi.core.locks import BusyError, exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from lmi.core.steps import ERASE_STEPS, EXPIRY_STEPS
from tests.leaks import find_leaks
from tests.validation.support import DAY, NOW, context_in, good_row, landed_in, resident_no
from validation.accepted import accepted_folder, accepted_manifests
from validation.deletion import open_orders
from validation.retirement import erase, retire, tombstones
from validation.run import replay, validate

REGISTRY = load_registry()
#: one that names the person by registration number and keeps verbatim bytes, one with the token and a sealed zone
SOURCES = ("referrals", "seeker_registrations")
PERSON = 1005
LATER = NOW + timedelta(days=1)


class Killed(BaseException):
    """Stands for ``kill -9``: nothing of ours catches it."""


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with a load of each source, twenty persons in both, and a published release with its warehouse."""
    context = context_in(tmp_path_factory.mktemp("still"))
    paths = context.paths
    for name in SOURCES:
        rows = [good_row(REGISTRY[name], n) for n in range(1000, 1020)]
        numbers = [good_row(REGISTRY["seeker_registrations"], n)["seeker_reg_no"] for n in range(1000, 1020)]
        rows = [row | {"seeker_reg_no": number} for row, number in zip(rows, numbers, strict=True)]
        raw = [RawFile("delivery.csv", str(numbers).encode())]
        landed = landed_in(context, REGISTRY[name], rows + rows[:6], raw_files=raw)
        assert validate(landed.folder, REGISTRY[name], context.settings, now=NOW).counts["accepted"] == 20
    staged = paths.work / "staged"
    staged.mkdir(parents=True)
    for file in ("warehouse.duckdb", "marts.duckdb"):
        duckdb.connect(str(staged / file)).close()
    releases.publish(paths, staged, "r1", {"as_of": str(DAY), "built_at": str(NOW)}, 2, lambda _: None)
    return context.settings


@pytest.fixture
def settings(still: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A copy of that home. Its tombstones are not validated, which takes most of the time; the undisturbed one is."""
    monkeypatch.setattr("validation.retirement.validate_loads", lambda *_: None)
    shutil.copytree(still.home, tmp_path / "home", symlinks=True)
    return replace(still, home=tmp_path / "home", drop=tmp_path / "of providers")


def token_of(settings: Settings) -> str:
    return load_keys(settings).token("person", resident_no(PERSON).replace("-", ""))


def erased(settings: Settings) -> dict[str, Any]:
    return erase(settings, token_of(settings), day=DAY, now=NOW, basis="test", reader="test")


def expired(settings: Settings) -> dict[str, Any]:
    proof = retire(settings, DAY.replace(year=DAY.year + 6), NOW)
    assert proof
    return proof


#: reached once a load: killed at the second of two, when the first is done
BY_LOAD = ("retire.aside", "retire.accepted", "retire.sealed", "retire.landed", "retire.swept",
           "retire.accepted_gone", "retire.landed_gone")  # fmt: skip


def die_at(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [step] * (2 if step in BY_LOAD else 1)

    def die(_process: int, _signal: int) -> None:
        left.pop()
        if not left:
            raise Killed(step)

    monkeypatch.setenv("LMI_KILL_AT", step)
    monkeypatch.setattr("lmi.core.steps.os.kill", die)


def assert_readable(paths: Paths) -> None:
    """Every load that readers see is what its manifest says, in landing and accepted; so is the release."""
    for name in SOURCES:
        for manifest in loads(paths, name):
            verify(folder_of(paths, manifest), manifest)
        for manifest in accepted_manifests(paths, name):
            verify(accepted_folder(paths, name, manifest["load_id"]), manifest)
    releases.verify(releases.require_current(paths))


def assert_readable_when_killed(
    act: Callable[[Settings], object], step: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        die_at(step, patch)
        with pytest.raises(Killed, match=step):
            act(settings)
    assert_readable(Paths.of(settings))


def assert_at_rest(paths: Paths) -> None:
    """Nothing is left but what manifests name."""
    assert open_orders(paths) == [] and not (paths.work / "retired").exists()
    named = {
        folder / entry
        for name in SOURCES
        for folder, manifest in [
            *((folder_of(paths, m), m) for m in loads(paths, name)),
            *((accepted_folder(paths, name, m["load_id"]), m) for m in accepted_manifests(paths, name)),
        ]
        for entry in ["manifest.json", *(file["path"] for file in manifest["files"])]
    }
    kept = [path for name in SOURCES for zone in (paths.landing, paths.accepted) for path in (zone / name).rglob("*")]
    assert {path for path in kept if path.is_file()} == named
    assert not list(paths.sealed.rglob("*.new"))
    assert not releases.require_current(paths).warehouse.exists()


def told(proof: dict[str, Any]) -> dict[str, Any]:
    """What a proof says of the deletion; whose run finished it and what lay about then are not of it."""
    return {key: proof[key] for key in ("name", "day", "rows_deleted", "loads_deleted", "verbatim_deleted",
                                        "warehouses_deleted", "identifiers", "left")}  # fmt: skip


def sealed_rows(settings: Settings) -> int:
    paths = Paths.of(settings)
    (manifest,) = loads(paths, "seeker_registrations")
    path = sealed_path(paths, "linkage", "seeker_registrations", manifest["load_id"])
    how: dict[str, Any] = {"reader": "test", "reason": "test", "now": NOW}
    keys = load_keys(settings)
    return sum(t.num_rows for t in read_sealed([path], paths, keys, "linkage", "seeker_registrations", **how))


@pytest.fixture(scope="module")
def undisturbed(still: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The proofs of an erasure and of the end of a retention that nobody disturbs."""
    proofs = {}
    for what, act in (("erase", erased), ("expire", expired)):
        home = tmp_path_factory.mktemp("undisturbed") / "home"
        shutil.copytree(still.home, home, symlinks=True)
        settings = replace(still, home=home, drop=home / "drop")
        proofs[what] = told(act(settings))
        assert_readable(Paths.of(settings))
        assert_at_rest(Paths.of(settings))
        assert len(accepted_manifests(Paths.of(settings), "erasures")) == (what == "erase")
    counts = {"landing": 2, "accepted": 1}
    assert proofs["erase"]["rows_deleted"] == {"seeker_registrations": counts | {"sealed": 2}, "referrals": counts}
    assert proofs["expire"]["loads_deleted"] and len(proofs["erase"]["verbatim_deleted"]) == 1
    return proofs


@pytest.mark.parametrize("step", ERASE_STEPS)
def test_an_erasure_that_died_is_finished_by_the_next_run(
    step: str, settings: Settings, undisturbed: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Paths.of(settings)
    assert_readable_when_killed(erased, step, settings, monkeypatch)
    assert len(open_orders(paths)) == 1
    if tombstones(paths):  # a scheduler that only reads the drop folder can go on from here
        shutil.rmtree(paths.own_drop)
        paths.own_drop.touch()
    # by the nightly run, or by whoever asks again
    proof = retire(settings, DAY, LATER) if ERASE_STEPS.index(step) % 2 else erased(settings)
    assert proof and told(proof) == undisturbed["erase"]
    assert_readable(paths)
    assert_at_rest(paths)
    assert len(list(paths.proofs.glob("E*.json"))) == 1 + (step == "retire.proved")
    assert sealed_rows(settings) == 24
    stones = tombstones(paths)
    told_by = [("seeker_registrations", "seeker_reg_no"), ("referrals", "referral_id")]
    numbers = {column: {good_row(REGISTRY[source], PERSON)[column]} for source, column in told_by}
    assert stones == {"person_key": {token_of(settings)}} | numbers
    outside = ("drop", "landing/erasures", "accepted/erasures")
    left = find_leaks(paths.home, sorted(set().union(*stones.values())), outside=outside)
    assert [line for line in left if not line.startswith(outside)] == []
    assert retire(settings, DAY, LATER) is None


@pytest.mark.parametrize("step", EXPIRY_STEPS)
def test_the_end_of_a_retention_that_died_is_finished_by_the_next_run(
    step: str, settings: Settings, undisturbed: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Paths.of(settings)
    assert_readable_when_killed(expired, step, settings, monkeypatch)
    assert told(expired(settings)) == undisturbed["expire"]
    assert_at_rest(paths)
    assert not list(paths.sealed.rglob("*.sealed")) and not loads(paths, "seeker_registrations")


@pytest.mark.parametrize("work", ["land", "validate"])
def test_an_erasure_leaves_a_source_at_work_alone_and_goes_on_later(work: str, settings: Settings) -> None:
    paths = Paths.of(settings)
    with exclusive(paths.locks, f"{work}-referrals", "landing of referrals"):
        with pytest.raises(BusyError, match="landing of referrals"):
            erased(settings)
        assert len(open_orders(paths)) == 1
    assert erased(settings)["left"] == []
    assert_at_rest(paths)


def test_what_was_erased_stays_out_when_its_load_is_validated_again(settings: Settings) -> None:
    """Counts of the load fit what is left of it."""
    erased(settings)
    replay(settings, None, None, now=LATER)
    for name in SOURCES:
        (manifest,) = accepted_manifests(Paths.of(settings), name)
        assert manifest["counts"] == {"fetched": 24, "accepted": 19, "quarantined": 0, "duplicates": 5}
        assert next(f["rows"] for f in manifest["files"] if f["path"].startswith("accepted-")) == 19
    assert retire(settings, DAY, LATER) is None


def test_an_order_names_nobody_who_reads_the_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        die_at("retire.ordered", patch)
        with pytest.raises(Killed):
            erased(settings)
    (file,) = Paths.of(settings).retiring.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert resident_no(PERSON).replace("-", "") not in json.dumps(json.loads(file.read_text("utf-8")))
