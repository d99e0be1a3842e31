"""Long-running processes of one installation, started together and stopped together, with everything they started.

Airflow gives each running task a process group of its own, so a signal to a group does not reach them all. Each
service here leads a session instead: whatever it starts stays in that session and is found and ended through it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import requests

#: the parts of Airflow's health answer; all must be healthy
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


@dataclass(frozen=True)
class Service:
    """One process: its command line and its whole environment."""

    command: Sequence[str]
    env: Mapping[str, str]


class ServiceError(Exception):
    """A service ended by itself or did not become healthy; the message names it and its log."""


class Services:
    """Started by ``with``; stopped, last started first, however the block ends. Output goes to ``logs/<name>.log``."""

    def __init__(self, services: Mapping[str, Service], logs: Path, *, grace_seconds: float = 20) -> None:
        self.logs = logs
        self._services = services
        self._grace = grace_seconds
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Services:
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            for name, service in self._services.items():
                with self._log(name).open("wb") as log:
                    self._running[name] = subprocess.Popen(
                        service.command,
                        env=dict(service.env),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @property
    def leaders(self) -> list[int]:
        """Process ids of the services, each also the id of its session."""
        return [process.pid for process in self._running.values()]

    def check(self) -> None:
        """Raises ServiceError when one has ended by itself."""
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                raise ServiceError(f"{name} ended by itself (exit {code}). Log: {self._log(name)}")

    def wait_healthy(self, url: str, timeout_seconds: float, pause: Callable[[float], object] = time.sleep) -> float:
        """Wait until Airflow's API server at ``url`` reports every part healthy; returns the seconds it took.

        Raises ServiceError when a service ends or time runs out.
        """
        begun = time.monotonic()
        while True:
            self.check()
            sick = unhealthy(url)
            waited = time.monotonic() - begun
            if not sick:
                return waited
            if waited > timeout_seconds:
                raise ServiceError(f"not healthy after {waited:.0f} s: {', '.join(sick)}. Logs: {self.logs}")
            pause(0.5)

    def stop(self) -> None:
        """SIGTERM to each in turn, last started first; after the grace SIGKILL to all that is left of its session."""
        deadline = time.monotonic() + self._grace
        sessions = self.leaders
        for process in reversed(self._running.values()):
            process.terminate()
        for process in reversed(self._running.values()):
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        while (left := members(sessions)) and time.monotonic() < deadline + self._grace:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self._running.clear()


def unhealthy(url: str) -> list[str]:
    """Parts of the Airflow at ``url`` that are not healthy; the API server alone while it does not answer.

    The interface of the tasks is asked too: Airflow builds it on the first request, and no task should wait for that.
    """
    try:
        requests.get(f"{url}/execution/health", timeout=120).raise_for_status()
        answer = requests.get(f"{url}/api/v2/monitor/health", timeout=5)
        report = answer.json() if answer.ok else {}
    except (requests.RequestException, ValueError):
        report = {}
    if not report:
        return ["api-server"]
    return [part for part in PARTS if (report.get(part) or {}).get("status") != "healthy"]


def members(sessions: Sequence[int]) -> list[int]:
    """Living processes of these sessions, zombies left out; only the leaders where there is no ``/proc``."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            # after the name in brackets, which may hold spaces: state, parent, group, session
            state, _, _, session = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()[:4]
            if int(session) in sessions and state not in "ZX":
                found.append(int(folder.name))
    return found
