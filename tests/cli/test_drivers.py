"""Which DAG runs when, and on which driver."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from lmi.cli.drivers import Driver, in_waves, open_drivers
from lmi.cli.exits import DataFailure
from lmi.core.settings import load_settings

DAY = date(2026, 10, 1)
WAVES = [["a", "b", "c"], ["lookup"], ["release"]]


class Puppet(Driver):
    """A driver without a process: ``work`` hears what begins, and ends it."""

    def __init__(self, work: Callable[[Puppet, str], None]) -> None:
        read, self._say = os.pipe()
        self._events = os.fdopen(read)
        self._work = work
        self.begun: list[str] = []

    def begin(self, dag: str, day: date) -> None:
        self.begun.append(dag)
        self._work(self, dag)

    def end(self, dag: str) -> None:
        state = "failed" if dag == "b" else "success"
        os.write(self._say, (json.dumps({"dag": dag, "state": state}) + "\n").encode())

    def close(self) -> None:
        self._events.close()
        os.close(self._say)


@pytest.fixture
def puppets() -> Iterator[list[Puppet]]:
    def work(driver: Puppet, dag: str) -> None:
        if dag == "c":
            two[0].end("a")  # the slow one ends at last
        if dag != "a":
            driver.end(dag)

    two = [Puppet(work), Puppet(work)]
    yield two
    for puppet in two:
        puppet.close()


def test_a_free_driver_takes_the_next_dag_and_each_wave_waits_for_the_one_before(puppets: list[Puppet]) -> None:
    """One DAG fails and one is slow; neither holds up what the other driver can do."""
    seen = []
    for event in in_waves([*puppets], WAVES, DAY, {"a", "b", "c", "lookup", "release"}):
        seen.append((event["dag"], event["state"], "lookup" in puppets[0].begun))
    assert seen[0] == ("b", "failed", False)
    assert sorted(seen[1:3]) == [("a", "success", False), ("c", "success", False)]
    assert [dag for dag, *_ in seen[3:]] == ["lookup", "release"]
    assert [puppet.begun for puppet in puppets] == [["a", "lookup", "release"], ["b", "c"]]


def test_only_what_is_wanted_begins(puppets: list[Puppet]) -> None:
    assert [event["dag"] for event in in_waves([*puppets], WAVES, DAY, {"b", "release", "unknown"})] == ["b", "release"]


@pytest.mark.parametrize("last_words", ["", '{"order": [["a"]]}\n'])
def test_a_driver_that_ends_early_ends_the_run_with_the_place_of_its_log(
    last_words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it loads the DAGs, or before it is given the next one."""
    dying = f"import os, sys; os.write(int(sys.argv[1]), {last_words.encode()!r}); raise SystemExit(3)"
    monkeypatch.setattr("lmi.cli.drivers.bound", lambda command: [command[0], "-c", dying, command[3]])
    with open_drivers(load_settings({}, home=tmp_path), 2) as drivers:
        for driver in drivers._drivers:
            driver._process.wait()
        with pytest.raises(DataFailure, match=rf"exit 3.*{tmp_path}/airflow/logs/run-"):
            list(drivers.drive(DAY, {"a"}))
