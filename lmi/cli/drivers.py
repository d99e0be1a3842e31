"""The child processes that run DAGs for ``lmi run``: as many DAGs at once as there are drivers, in asset order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from select import select
from typing import Any

from lmi.cli.airflow_env import airflow_env
from lmi.cli.exits import DataFailure
from lmi.core.child import bound
from lmi.core.clock import utc_now
from lmi.core.paths import Paths
from lmi.core.settings import Settings


class Driver:
    """A process that runs one DAG at a time; what it prints goes to ``log``."""

    def __init__(self, settings: Settings, log: Path, *, registers: bool) -> None:
        self._log = log
        read, write = os.pipe()
        env = airflow_env(replace(settings, task_retries=0))  # the caller sees the failure and decides
        command = [sys.executable, "-m", "lmi.cli.drive", str(write), *(["register"] if registers else [])]
        with log.open("a") as out:
            self._process = subprocess.Popen(
                bound(command), stdin=subprocess.PIPE, stdout=out, stderr=out, text=True, env=env, pass_fds=(write,)
            )
        os.close(write)
        self._events = os.fdopen(read)

    def fileno(self) -> int:
        return self._events.fileno()

    def begin(self, dag: str, day: date) -> None:
        """Raises DataFailure when it has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"dag": dag, "day": day.isoformat()}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def event(self) -> dict[str, Any]:
        """The next thing it has to say; waits for it. Raises DataFailure when it has ended instead."""
        line = self._events.readline()
        if not line:
            raise self._ended()
        return json.loads(line)

    def _ended(self) -> DataFailure:
        code = self._process.wait()
        return DataFailure(f"the run ended early (exit {code}); nothing half-done was published. Log: {self._log}")

    def close(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._events.close()


def in_waves(
    drivers: list[Driver], waves: Iterable[Iterable[str]], day: date, wanted: set[str]
) -> Iterator[dict[str, Any]]:
    """Events of one working day as they happen. A wave begins when the one before has ended, well or not: a failing
    source does not hold the others back. What runs alone in its wave always has the first driver."""
    for wave in waves:
        waiting = [dag for dag in wave if dag in wanted]
        idle, busy = list(drivers), list[Driver]()
        while waiting or busy:
            while waiting and idle:
                driver = idle.pop(0)
                driver.begin(waiting.pop(0), day)
                busy.append(driver)
            for driver in select(busy, [], [])[0]:
                yield driver.event()
                busy.remove(driver)
                idle.append(driver)


class Drivers:
    """``number`` drivers, one at least, on one metadata database."""

    def __init__(self, settings: Settings, number: int, stack: ExitStack) -> None:
        self.log = Paths.of(settings).airflow / "logs" / f"run-{utc_now():%Y%m%dT%H%M%S}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._drivers = [Driver(settings, self.log, registers=n == 0) for n in range(max(1, number))]
        for driver in self._drivers:
            stack.callback(driver.close)

    @cached_property
    def _order(self) -> list[list[str]]:
        """DAG ids in waves, once all drivers have loaded them: what they have to say first."""
        ready = [driver.event() for driver in self._drivers]
        return ready[0]["order"]

    def drive(self, day: date, dags: set[str]) -> Iterator[dict[str, Any]]:
        return in_waves(self._drivers, self._order, day, dags)


@contextmanager
def open_drivers(settings: Settings, number: int = 1) -> Iterator[Drivers]:
    """Drivers for the block; they end with it, and with this process if it dies."""
    with ExitStack() as stack:
        yield Drivers(settings, number, stack)
