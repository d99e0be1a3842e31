"""`lmi serve`: what it needs, what it says, and that the served bytes are the release's."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from lmi.cli import serve
from lmi.cli.main import app
from lmi.core.settings import load_settings
from tests.exports.handmade import publish

runner = CliRunner()


def run(home: Path, *arguments: str, **env: str):
    return runner.invoke(app, ["serve", *arguments], env={"LMI_HOME": str(home), "LMI_LANGUAGE": "en", **env})


def test_help_names_loopback_as_the_default() -> None:
    found = runner.invoke(app, ["serve", "--help"], env={"COLUMNS": "200"})
    assert found.exit_code == 0 and "127.0.0.1" in found.output and "--add-key" in found.output


def test_without_a_release_it_says_what_to_run(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert found.exit_code == 1 and "lmi run" in found.output


def test_a_release_without_answers_and_a_busy_port_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = publish(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = run(tmp_path, "--port", str(taken.getsockname()[1]))
    assert busy.exit_code == 2 and "Choose another --port" in busy.output
    served: list[object] = []
    monkeypatch.setattr("uvicorn.run", lambda application, **options: served.append(options["host"]))
    assert run(tmp_path, "--port", "18090").exit_code == 0 and served == ["127.0.0.1"]
    wide = run(tmp_path, "--host", "0.0.0.0", "--port", "18090")
    assert "other machines can read too" in wide.output and served[-1] == "0.0.0.0"
    (made.folder / "exports" / "api" / "answers.parquet").unlink()
    silent = run(tmp_path)
    assert silent.exit_code == 1 and "holds no answers" in silent.output


def test_a_key_is_printed_once_and_opens_the_api(tmp_path: Path) -> None:
    publish(tmp_path)
    file = tmp_path / "keys.json"
    assert run(tmp_path, "--add-key", "app").exit_code == 2
    key = run(tmp_path, "--add-key", "app", LMI_READER_KEYS=str(file)).output.split()[-1]
    settings = load_settings({}, home=tmp_path, reader_keys=str(file))
    client = TestClient(serve.application(settings))
    assert client.get("/v1/releases").status_code == 401
    assert client.get("/v1/releases", headers={"X-API-Key": key}).status_code == 200
