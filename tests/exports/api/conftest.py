"""A home with one published release, made by hand, and clients of its API."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from exports.api.app import create_app
from exports.api.editions import Editions
from lmi.core.paths import Paths
from tests.exports.handmade import publish


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only; a test that publishes makes its own."""
    folder = tmp_path_factory.mktemp("home")
    publish(folder)
    return folder


def editions_of(home: Path) -> Editions:
    found = Editions(Paths(home, home / "drop"))
    found.refresh()
    return found


@pytest.fixture(scope="package")
def api(home: Path) -> TestClient:
    """A client that asks for no encoding of its own accord."""
    return TestClient(create_app(editions_of(home)), headers={"Accept-Encoding": "identity"})


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The address of ``app`` on a free port of loopback, until the end of the block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="package")
def served(home: Path) -> Iterator[str]:
    with serving(create_app(editions_of(home))) as address:
        yield address
