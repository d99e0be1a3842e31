"""Whatever a provider does wrong, a run ends with the same accepted rows as without it, or with a clear refusal.

Every case says which of the two it must be. After a refusal the last good data is what it was, and the next try, once
the provider has mended itself, ends with the rows of an undisturbed run. In every load each row is accounted for.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

import ingest.connectors.pull as pull
import ingest.pipeline
from ingest.delivery import FetchError
from ingest.http import Clock, HttpClient
from ingest.pipeline import DeliveryRefused
from ingest.registry import Source, sources_of
from lmi.cli import outside
from sandbox.__main__ import main as sandbox
from tests.e2e.conftest import CROWDED_DAYS, CROWDED_FILES, CROWDED_LISTS, street_on
from tests.street import Street
from validation.accepted import accepted_loads, manifests
from validation.pipeline import LoadRefused

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("remembered_suites")]

*EARLIER, DAY = CROWDED_DAYS
SAME = "same"
SOURCES = (*CROWDED_FILES, *CROWDED_LISTS, "kcomwel_workplaces", "nts_business_status")
#: provider of ``sandbox serve --failures`` -> source, and the column that drifts (wire name)
PROVIDERS = {
    "work24": ("work24_vacancies", "minSal"),
    "hrdnet": ("hrdnet_courses", "yardMan"),
    "portal": ("portal_vacancies", "datePosted"),
    "kcomwel": ("kcomwel_workplaces", "sangsiInwonCnt"),
    "nts": ("nts_business_status", "end_dt"),
}
PAGED = ("work24", "hrdnet", "portal", "kcomwel")

#: how an answer travels -> outcome: the same rows, or the code of the refusal
TRAVEL = {
    "http_429,retry_after=1": SAME,
    "http_429,times=always": "rate_limited",
    "http_500": SAME,
    "http_500,times=always": "server_error",
    "timeout,seconds=4": SAME,
    "timeout,seconds=4,times=always": "timeout",
    "slow_body,seconds=0.2": SAME,
    "truncated_body": SAME,
    "truncated_body,times=always": "truncated",
    "html_200": SAME,
    "html_200,times=always": "html_answer",
}
#: the same for the client that all share, on one interface with many requests and one that posts
PATIENCE = {
    "http_429,retry_after=date": SAME,
    "http_429,retry_after=86400": "rate_limited",
    "http_500,share=0.3": SAME,
    "slow_body,seconds=20,times=always": "timeout",
}
PATIENT = ("work24", "nts")
#: what an answer of any interface says -> outcome
CONTENT = {
    "bad_bytes,times=1": SAME,
    "bad_bytes": "bad_bytes",
    "control_characters": SAME,
    "schema_new_column": "column_new",
    "schema_missing_column": "column_missing",
    "schema_renamed_column": "column_missing",
    "schema_retyped_column": "column_retyped",
    "empty_day": "empty",
    "tenfold_day": "volume",
}
#: a list that moves while it is read is read again
MOVING = {"duplicate_page": SAME, "shifting_rows,by=1": SAME, "shifting_rows,by=-1": SAME, "changing_total": SAME}
#: where a provider's own way makes a difference
OWN = {
    ("kcomwel", "filter_ignored"): "filter_ignored",
    ("kcomwel", "empty_day"): "volume",  # a number may have no workplace, but not all of them at once
    ("nts", "empty_day"): "incomplete",  # every number asked has an answer
    ("nts", "tenfold_day"): SAME,  # and only one
}
#: a delivered file -> outcome
FILES = {
    "bad_bytes": "bad_bytes",
    "truncated": "control_total",
    "html": "control_total",
    "wrong_control_total": "control_total",
    "missing_control_total": "control_missing",
    "schema_new_column": "column_new",
    "schema_missing_column": "column_missing",
    "schema_renamed_column": "column_missing",
    "schema_retyped_column": "column_retyped",
    "empty_day": "volume",
    "tenfold_day": "volume",
}
#: the volume of a source that is never empty needs no comparison
NEVER_EMPTY = {"vacancy_submissions"}


@dataclass
class World:
    """Servers of the crowded nation, and a home with three landed days and the files of the fourth in its drop."""

    nation: Path
    home: Path
    servers: outside.Providers

    def fail(self, spec: str) -> None:
        answer = requests.put(f"{self.servers.url}/_sandbox/failures", json={"failures": spec}, timeout=10)
        assert answer.status_code == 200, answer.text

    def street(self, home: Path) -> Street:
        shutil.copytree(self.home, home)
        return street_on(home, self.nation, providers=self.servers)


def impatient(source: Source) -> Source:
    """The source with small pages, so that its list has several, every number asked each day, and little patience."""
    fetch: dict[str, Any] = dict(source.fetch)
    if source.connector == "file_drop":
        return source
    fetch["http"] = {"attempts": 2, "read_timeout": 1.5, "deadline": 2.5}
    if "paging" in fetch:
        fetch["paging"] = fetch["paging"] | {"page_size": 30}
    if "page_size" in fetch:
        fetch["page_size"] = 1 if source.connector == "kcomwel" else 30
    if "ask" in fetch:
        fetch["ask"] = fetch["ask"] | {"refresh_days": 1}
    return replace(source, fetch=fetch)


@pytest.fixture(scope="module")
def world(crowded: Path, remembered_suites: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    def impatient_sources(profile: str, only: tuple[str, ...] = ()) -> dict[str, Source]:
        return {name: impatient(source) for name, source in sources_of(profile, only).items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest.pipeline, "sources_of", impatient_sources)
        patch.setattr(pull, "HttpClient", partial(HttpClient, clock=Clock(sleep=lambda seconds: None)))
        home = tmp_path_factory.mktemp("failures") / "home"
        base = street_on(home, crowded)
        with outside.providers(base.settings, EARLIER[0]) as servers:
            base = street_on(home, crowded, providers=servers)
            for day in EARLIER:
                base.deliver(day)
                base.land(day, SOURCES)
            base.deliver(DAY)
            yield World(crowded, home, servers)


def accepted(street: Street, source: str) -> list[tuple[date, str]]:
    """Delivery date and hash of every accepted row of a source."""
    files = [str(load.path) for load in accepted_loads(street.paths, source, DAY)]
    query = "SELECT _delivery_date, _record_hash FROM read_parquet(?) ORDER BY ALL"
    return duckdb.execute(query, [files]).fetchall() if files else []


@pytest.fixture(scope="module")
def undisturbed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[tuple[date, str]]]:
    """Accepted rows of a source after a day without failures."""
    known: dict[str, list[tuple[date, str]]] = {}

    def rows(source: str) -> list[tuple[date, str]]:
        if source not in known:
            world.fail("")
            street = world.street(tmp_path_factory.mktemp("undisturbed") / "home")
            street.land(DAY, [source])
            known[source] = accepted(street, source)
            assert {day for day, _ in known[source]} == set(CROWDED_DAYS)
        return known[source]

    return rows


def assert_accounted_for(street: Street, source: str) -> None:
    """fetched = accepted + quarantined + duplicates in every load; a refused load withholds all it fetched."""
    for manifest in manifests(street.paths, source):
        counts = manifest["counts"]
        refused = manifest["status"] == "refused"
        parts = counts["accepted"] + counts["quarantined"] + counts["duplicates"]
        assert counts["fetched"] == parts + manifest["withheld"]
        assert (manifest["withheld"] == counts["fetched"]) if refused else (manifest["withheld"] == 0)
        assert not refused or manifest["reason"]["ko"]


def land_disturbed(street: Street, source: str) -> tuple[str, str]:
    """Outcome of the day: SAME, or the code of the refusal, and what the refusal says."""
    try:
        street.land(DAY, [source])
    except LoadRefused as refusal:
        return manifests(street.paths, source)[-1]["reason"]["code"], str(refusal)
    except DeliveryRefused as refusal:
        assert isinstance(refusal.__cause__, FetchError)
        return refusal.__cause__.code, str(refusal)
    except FetchError as refusal:
        return refusal.code, str(refusal)
    return SAME, ""


def assert_outcome(
    street: Street, source: str, expected: str, undisturbed: list[tuple[date, str]], mend: Callable[[], None]
) -> None:
    before = accepted(street, source)
    outcome, said = land_disturbed(street, source)
    assert outcome == expected, said
    assert_accounted_for(street, source)
    if expected == SAME:
        assert accepted(street, source) == undisturbed
        return
    assert accepted(street, source) == before, "the last good data changed"
    assert len(said) > 40, "a refusal says what, where and why"
    assert outside.SANDBOX_KEY not in said
    mend()
    street.land(DAY, [source])
    assert accepted(street, source) == undisturbed
    assert_accounted_for(street, source)


def http_cases() -> Iterator[Any]:
    for provider in PROVIDERS:
        modes = TRAVEL | CONTENT
        modes |= (MOVING if provider in PAGED else {}) | (PATIENCE if provider in PATIENT else {})
        modes |= {mode: outcome for (own, mode), outcome in OWN.items() if own == provider}
        for mode, outcome in modes.items():
            yield pytest.param(provider, mode, outcome, id=f"{provider}-{mode}")


@pytest.mark.parametrize(("provider", "mode", "expected"), http_cases())
def test_interface(
    provider: str,
    mode: str,
    expected: str,
    world: World,
    undisturbed: Callable[[str], list[tuple[date, str]]],
    tmp_path: Path,
) -> None:
    source, column = PROVIDERS[provider]
    calm = undisturbed(source)
    street = world.street(tmp_path / "home")
    drifts = mode.startswith("schema_") and mode != "schema_new_column"
    world.fail(f"{provider}:{mode},column={column}" if drifts else f"{provider}:{mode}")
    try:
        assert_outcome(street, source, expected, calm, mend=lambda: world.fail(""))
    finally:
        world.fail("")


@pytest.mark.parametrize("mode", FILES)
@pytest.mark.parametrize("source", CROWDED_FILES)
def test_delivered_file(
    source: str,
    mode: str,
    world: World,
    undisturbed: Callable[[str], list[tuple[date, str]]],
    tmp_path: Path,
) -> None:
    calm = undisturbed(source)
    street = world.street(tmp_path / "home")

    def deliver(failures: str) -> None:
        command = ["deliver", "--nation", world.nation, "--drop", street.settings.drop, "--day", DAY]
        assert sandbox(list(map(str, [*command, "--source", source, "--seed", 3, "--failures", failures]))) == 0

    deliver(f"{source}:{mode}")
    expected = "empty" if mode == "empty_day" and source in NEVER_EMPTY else FILES[mode]
    assert_outcome(street, source, expected, calm, mend=lambda: deliver(""))
