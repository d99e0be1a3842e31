"""The server as a subprocess: port file, end by signal, end with the parent, refusals to start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox.server.cli import is_alive
from tests.sandbox.server_support import KEY, LIST, PORTAL, write_nation

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_nation(tmp_path_factory.mktemp("process"))


def command(nation: Path, *more: object) -> list[str]:
    return [sys.executable, "-m", "sandbox.server", "--nation", str(nation), "--clock", "2026-10-01", *map(str, more)]


def await_port(path: Path) -> int:
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline, "the server wrote no port file"
        time.sleep(0.02)
    return int(path.read_text())


def test_listens_on_loopback_and_ends_on_sigterm(nation: Path, tmp_path: Path) -> None:
    port_file = tmp_path / "run" / "port"
    arguments = ("--port-file", port_file, "--failures", "portal:http_500,times=always", "--auth-key", "k")
    with subprocess.Popen(
        command(nation, *arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        url = f"http://127.0.0.1:{await_port(port_file)}"
        assert requests.get(url + PORTAL, timeout=5).status_code == 500
        refused = requests.get(url + LIST, params={"authKey": KEY, "callTp": "L", "returnType": "XML"}, timeout=5)
        assert "<messageCd>002</messageCd>" in refused.text
        requests.put(url + "/_sandbox/failures", json={"failures": "portal:timeout,seconds=60"}, timeout=5)
        with pytest.raises(requests.Timeout):
            requests.get(url + PORTAL, timeout=0.1)  # a held connection does not hold the server
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=5)
    assert process.returncode == 0
    assert not port_file.exists()
    assert KEY.encode() not in out + err
    assert err == b""


def test_ends_with_its_parent(nation: Path, tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as parent:
        arguments = ("--port-file", port_file, "--exit-with-parent", parent.pid)
        with subprocess.Popen(command(nation, *arguments), cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            await_port(port_file)
            assert process.poll() is None
            parent.kill()  # a zombie until the with ends: it counts as gone
            assert process.wait(timeout=5) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (("--failures", "work24:nonsense"), "nonsense"),
        (("--clock", "tomorrow"), "tomorrow"),
        (("--contracts", "/nowhere"), "--contracts"),
        (("--nation", "/nowhere"), "python -m sandbox generate"),
    ],
)
def test_refuses_to_start_with_a_reason(nation: Path, changes: tuple[str, str], said: str) -> None:
    ended = subprocess.run(command(nation, *changes), cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_is_alive() -> None:
    assert is_alive(os.getpid())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not is_alive(ended.pid)
