"""The outside world of the sandbox profile, started as subprocesses: nation, provider servers, deliveries.

The pipeline reaches it only over HTTP and files, as it would a real provider.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from lmi.cli.exits import DataFailure
from lmi.core.settings import PROJECT_ROOT, Settings

#: the demonstration key that the sandbox servers accept
SANDBOX_KEY = "00000000-0000-4000-8000-000000000000"


def sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one sandbox command to its end. Raises DataFailure with its last words."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        *_, said = ("no word", *(done.stderr or done.stdout).strip().splitlines())
        raise DataFailure(f"sandbox {arguments[0]} failed: {said}")
    return done


def nation_facts(settings: Settings) -> dict[str, Any] | None:
    path = settings.nation / "nation.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def ensure_nation(settings: Settings) -> dict[str, Any]:
    """The nation's facts; generated first when it is absent or of another seed or size."""
    facts = nation_facts(settings)
    wanted = (settings.sandbox_seed, settings.sandbox_persons)
    if facts is None or (facts["seed"], facts["persons"]) != wanted:
        sandbox(
            "generate", "--nation", str(settings.nation), "--seed", str(wanted[0]), "--persons", str(wanted[1]),
        )  # fmt: skip
        facts = nation_facts(settings)
        assert facts is not None
    return facts


def ensure_coder(settings: Settings, day: date) -> None:
    """A coder of KECO, trained on the nation's invented dictionary of occupations when the home has none by ``day``."""
    from lmi.core.paths import Paths
    from validation.coding.schemes import scheme_of
    from validation.coding.trained import latest_folder
    from validation.coding.training import train_in

    keco, dictionary = scheme_of("KECO"), settings.nation / "occupation_dictionary.csv"
    # a nation of an earlier version has none
    if dictionary.is_file() and latest_folder(Paths.of(settings), keco.id, day) is None:
        train_in(settings, keco, day, [dictionary])


def history_end(facts: dict[str, Any]) -> date:
    return date.fromisoformat(facts["history_end"])


def deliver(settings: Settings, day: date, facts: dict[str, Any], failures: str | None = None) -> None:
    """Put the files of ``day`` into the drop folder; on the history's last day the bulk deliveries."""
    what = ["--history"] if day == history_end(facts) else ["--day", day.isoformat()]
    what += ["--failures", failures] if failures else []
    sandbox("deliver", "--nation", str(settings.nation), "--drop", str(settings.drop), *what)


class Providers:
    """The running provider servers."""

    def __init__(self, url: str) -> None:
        self.url = url

    def set_clock(self, day: date) -> None:
        """Simulated now: 04:00 of ``day``, when the harvests start."""
        now = datetime(day.year, day.month, day.day, 4).isoformat()
        requests.put(f"{self.url}/_sandbox/clock", json={"now": now}, timeout=60).raise_for_status()


@contextmanager
def providers(settings: Settings, clock: date, failures: str | None = None) -> Iterator[Providers]:
    """Provider servers on loopback for the block; they end with it, and with this process if it dies."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        log = Path(folder) / "server.log"
        command = [
            sys.executable, "-m", "sandbox", "serve", "--nation", str(settings.nation), "--port", "0",
            "--port-file", str(port_file), "--clock", clock.isoformat(), "--exit-with-parent", str(os.getpid()),
        ]  # fmt: skip
        if failures:
            command += ["--failures", failures]
        with log.open("w") as errors:
            process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=errors, stderr=errors)
        try:
            deadline = time.monotonic() + 120
            while not port_file.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise DataFailure(f"the sandbox servers did not start: {log.read_text()[-500:]}")
                time.sleep(0.05)
            yield Providers(f"http://127.0.0.1:{port_file.read_text().strip()}")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def demonstration_days(facts: dict[str, Any], following: int = 7) -> list[date]:
    """History's last day, then the days that follow it."""
    end = history_end(facts)
    return [end + timedelta(days=n) for n in range(following + 1)]
