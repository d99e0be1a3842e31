"""Long-running processes: started, watched and stopped with everything they started. Plain processes stand in."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lmi.cli.services import PARTS, Service, ServiceError, Services, members, unhealthy


def python(code: str) -> Service:
    return Service([sys.executable, "-c", textwrap.dedent(code)], {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"})


SLEEPS = python("import time; time.sleep(60)")
#: leaves its process group, as a task of Airflow does, and has a child of its own that ignores SIGTERM
TASKS = python("""
    import os, signal, subprocess, sys, time
    if os.fork() == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(os.getpid(), flush=True)
    time.sleep(60)
""")
STUBBORN = python("""
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready", flush=True)
    time.sleep(60)
""")


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stopping_ends_what_a_service_started_in_a_process_group_of_its_own(tmp_path: Path) -> None:
    with Services({"a": TASKS, "b": SLEEPS}, tmp_path, grace_seconds=5) as services:
        leaders = services.leaders
        until(lambda: (tmp_path / "a.log").read_text("utf-8").strip())
        task = int((tmp_path / "a.log").read_text("utf-8"))
        assert os.getpgid(task) != os.getpgid(leaders[0])
        assert task in members(leaders)
    assert members(leaders) == []


def test_a_service_that_ignores_the_signal_is_ended_after_the_grace(tmp_path: Path) -> None:
    with Services({"a": STUBBORN}, tmp_path, grace_seconds=0.5) as services:
        leaders = services.leaders
        until(lambda: (tmp_path / "a.log").read_text("utf-8"))
        begun = time.monotonic()
    assert members(leaders) == []
    assert time.monotonic() - begun >= 0.5


def test_all_are_stopped_when_the_block_fails(tmp_path: Path) -> None:
    leaders: list[int] = []
    with pytest.raises(KeyboardInterrupt), Services({"a": SLEEPS, "b": SLEEPS}, tmp_path) as services:
        leaders = services.leaders
        raise KeyboardInterrupt
    assert leaders and members(leaders) == []


def test_all_are_stopped_when_one_cannot_start(tmp_path: Path) -> None:
    services = Services({"a": SLEEPS, "b": Service([str(tmp_path / "absent")], {})}, tmp_path)
    with pytest.raises(FileNotFoundError), services:
        pytest.fail("the block must not be entered")
    assert services.leaders == []


def test_a_service_that_ends_by_itself_is_named_with_its_log(tmp_path: Path) -> None:
    with Services({"a": SLEEPS, "b": python("raise SystemExit(3)")}, tmp_path) as services:
        with pytest.raises(ServiceError, match=rf"b ended by itself \(exit 3\)\. Log: {tmp_path / 'b.log'}"):
            services.wait_healthy("http://127.0.0.1:9", timeout_seconds=30)
        leaders = services.leaders
    assert members(leaders) == []


class Health(BaseHTTPRequestHandler):
    statuses: dict[str, str] = {}  # noqa: RUF012
    warm = True

    def do_GET(self) -> None:
        if self.path == "/execution/health":
            code, body = (200 if self.warm else 503), '{"status": "healthy"}'
        else:
            parts = ", ".join(f'"{part}": {{"status": "{status}"}}' for part, status in self.statuses.items())
            code, body = 200, f"{{{parts}}}"
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def airflow() -> str:
    Health.statuses, Health.warm = dict.fromkeys(PARTS, "healthy"), True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_healthy_means_every_part(airflow: str) -> None:
    assert unhealthy(airflow) == []
    Health.statuses |= {"triggerer": "unhealthy", "dag_processor": "null"}
    assert unhealthy(airflow) == ["triggerer", "dag_processor"]
    del Health.statuses["scheduler"]
    assert unhealthy(airflow) == ["scheduler", "triggerer", "dag_processor"]


def test_a_cold_task_interface_is_not_healthy(airflow: str) -> None:
    Health.warm = False
    assert unhealthy(airflow) == ["api-server"]


def test_an_api_server_that_does_not_answer_is_not_healthy() -> None:
    assert unhealthy("http://127.0.0.1:9") == ["api-server"]


def test_waiting_ends_with_the_names_of_the_sick(tmp_path: Path, airflow: str) -> None:
    Health.statuses["scheduler"] = "unhealthy"
    with Services({"a": SLEEPS}, tmp_path) as services, pytest.raises(ServiceError, match=r"not healthy .*: scheduler"):
        services.wait_healthy(airflow, timeout_seconds=0, pause=lambda _: None)


def test_waiting_ends_as_soon_as_all_are_healthy(tmp_path: Path, airflow: str) -> None:
    Health.statuses["scheduler"] = "unhealthy"
    with Services({"a": SLEEPS}, tmp_path) as services:
        services.wait_healthy(airflow, 30, pause=lambda _: Health.statuses.update(scheduler="healthy"))


def test_zombies_are_not_alive(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    until(lambda: (Path("/proc") / str(process.pid) / "stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z")
    assert members([process.pid]) == []
    process.wait()
