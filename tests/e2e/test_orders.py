"""The warehouse is a function of what has landed: not of how often, in which order or in how many runs it landed."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests

from lmi.cli import outside
from lmi.core import release as releases
from lmi.core.ledger import Ledger
from lmi.core.settings import PROJECT_ROOT
from tests.e2e.conftest import street_on
from tests.street import Street

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("remembered_suites")]

SOURCES = ("vacancy_submissions", "seeker_registrations", "insurance_events")
DAYS = 30
SEED = 20261001


@dataclass
class Arrangement:
    """One way of landing the same 30 days and their history, and the release built from it once."""

    street: Street
    order: list[date]
    release_id: str = ""
    marts: dict[str, str] = field(default_factory=dict)


def fingerprints(folder: Path, pattern: str = "*") -> dict[str, str]:
    """sha256 of every file below a folder."""
    files = (p for p in folder.rglob(pattern) if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def drop(nation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """History and 30 days of all files, as they lie there after a month."""
    folder = tmp_path_factory.mktemp("orders") / "drop"
    first = outside.history_end(outside.nation_facts(street_on(folder.parent, nation).settings) or {}) + timedelta(1)
    last = first + timedelta(days=DAYS - 1)
    for what in (["--history"], ["--day", str(first), "--to", str(last)]):
        command = ["-m", "sandbox", "deliver", "--nation", str(nation), "--drop", str(folder), *what]
        subprocess.run([sys.executable, *command], cwd=PROJECT_ROOT, check=True, capture_output=True)
    return folder


class NoInterface(outside.Providers):
    """These sources come as files; no server runs."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")

    def set_clock(self, day: date) -> None:
        pass


@pytest.fixture(scope="module")
def arrange(nation: Path, drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Arrangement]:
    """Arrangements by name: ``backfill`` lands the days one after the other, any other name shuffles them by it."""
    known: dict[str, Arrangement] = {}

    def arranged(name: str) -> Arrangement:
        if name not in known:
            home = tmp_path_factory.mktemp(name) / "home"
            street = street_on(home, nation, drop=drop, sources=SOURCES, providers=NoInterface())
            end = street.history_end
            order = [end + timedelta(days=n) for n in range(DAYS + 1)]
            if name != "backfill":
                random.Random(f"{SEED} {name}").shuffle(order)
            for day in order:
                street.land(day, SOURCES)
            known[name] = Arrangement(street, order)
        return known[name]

    return arranged


@pytest.fixture(scope="module")
def built(arrange: Callable[[str], Arrangement]) -> Callable[[str], Arrangement]:
    def build(name: str) -> Arrangement:
        arrangement = arrange(name)
        if not arrangement.release_id:
            street = arrangement.street
            arrangement.release_id = street.publish(max(arrangement.order))
            arrangement.marts = fingerprints(releases.require_current(street.paths).folder / "exports" / "marts")
        return arrangement

    return build


def test_the_orders_differ_and_the_history_comes_late(arrange: Callable[[str], Arrangement]) -> None:
    orders = [arrange(name).order for name in ("backfill", "one", "other")]
    assert len({tuple(order) for order in orders}) == 3
    assert orders[0] == sorted(orders[1]) == sorted(orders[2])
    assert all(order[0] != min(order) for order in orders[1:])


@pytest.mark.parametrize("name", ["one", "other"])
def test_marts_are_byte_equal_in_any_order(name: str, built: Callable[[str], Arrangement]) -> None:
    straight, shuffled = built("backfill"), built(name)
    assert len(straight.marts) > 12
    assert shuffled.marts == straight.marts
    assert shuffled.release_id == straight.release_id
    assert len(Ledger(shuffled.street.paths.ledger).stages()) > 2 * DAYS


@pytest.mark.parametrize("name", ["one", "other"])
def test_accepted_rows_are_byte_equal_in_any_order(name: str, arrange: Callable[[str], Arrangement]) -> None:
    """Also the files of each load: nothing in them says when they landed."""
    straight, shuffled = arrange("backfill").street.paths, arrange(name).street.paths
    loads = {p.parent.name for p in straight.accepted.glob("*/*/manifest.json")}
    assert len(loads) > DAYS
    assert {p.parent.name for p in shuffled.accepted.glob("*/*/manifest.json")} == loads
    assert fingerprints(shuffled.accepted, "quarantine-*") == fingerprints(straight.accepted, "quarantine-*")


def test_the_same_day_twice_changes_nothing(built: Callable[[str], Arrangement]) -> None:
    arrangement = built("backfill")
    street = arrangement.street
    before = {name: fingerprints(street.paths.home / name) for name in ("landing", "accepted", "sealed", "releases")}
    for day in (max(arrangement.order), min(arrangement.order) + timedelta(days=1)):
        street.land(day, SOURCES)
    assert street.publish(max(arrangement.order)) == arrangement.release_id
    after = {name: fingerprints(street.paths.home / name) for name in before}
    assert after == before
    outcomes = {s["stage"]: s["outcome"] for s in Ledger(street.paths.ledger).stages()[-2:]}
    assert outcomes == {"build": "unchanged", "publish": "unchanged"}


@pytest.fixture(scope="module")
def pulled(nation: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Street, str]]:
    """A street that pulls postings from a running portal."""
    with street_on(tmp_path_factory.mktemp("pulled") / "home", nation, sources=("portal_vacancies",)) as street:
        day = street.history_end + timedelta(days=1)
        street.land(day)
        endpoint = street.settings.endpoint("DEFAULT")
        yield street, endpoint


def test_the_same_pull_twice_adds_nothing_and_asks_again(pulled: tuple[Street, str]) -> None:
    """A finished pull leaves no answers behind: the second one asks the provider, who may have corrected a posting."""
    street, endpoint = pulled
    day = street.history_end + timedelta(days=1)
    before = fingerprints(street.paths.landing)
    requests.delete(f"{endpoint}/_sandbox/requests", timeout=10)
    street.land(day)
    assert fingerprints(street.paths.landing) == before
    asked = requests.get(f"{endpoint}/_sandbox/requests", timeout=10).json()["requests"]
    assert sum(count for path, modes in asked.items() if "portal" in path for count in modes.values()) > 0
    assert Ledger(street.paths.ledger).stages()[-2]["outcome"] == "unchanged"
