"""Fixtures of the sandbox's tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from sandbox.server.app import Sandbox
from sandbox.server.httpd import SandboxServer
from tests.sandbox.server_support import Running, write_nation


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server in a thread for all tests of a session; ``calm`` resets it."""
    nation = write_nation(tmp_path_factory.mktemp("nation"))
    http = SandboxServer(0, Sandbox(nation, datetime(2026, 10, 1), seed=7))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Running(f"http://127.0.0.1:{http.port}")
    http.end()


@pytest.fixture
def calm(server: Running) -> None:
    """Clock at the first day, no failures, counters at zero."""
    server.fail("")
    server.clock("2026-10-01")
    server.control("DELETE", "requests")


@pytest.fixture
def count_requests(server: Running) -> Callable[[], dict]:
    return lambda: server.control("GET", "requests").json()["requests"]
