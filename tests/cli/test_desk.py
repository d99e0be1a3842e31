"""``lmi vet desk``, ``queue`` and ``decide`` from the shell's side."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lmi.cli.desk import working_clock
from lmi.cli.main import app
from lmi.core.settings import load_settings
from tests.validation.desk.conftest import Home, home, landed_home, posting_id

__all__ = ["home", "landed_home"]

DATE = ["--date", "2026-10-07"]


@pytest.fixture
def shell(home: Home, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LMI_HOME", str(home.paths.home))
    monkeypatch.setenv("LMI_DROP", str(home.paths.drop))
    monkeypatch.setenv("LMI_DESK_AUDIT_RATE", "0")
    monkeypatch.setenv("LMI_LANGUAGE", "en")
    return CliRunner()


def test_reviewers_are_added_listed_and_removed(shell: CliRunner, home: Home) -> None:
    added = shell.invoke(app, ["vet", "desk", "--add-reviewer", "가람"])
    assert added.exit_code == 0
    (token,) = re.findall(r"desk-[\w-]{32}", added.output)
    listed = shell.invoke(app, ["vet", "desk", "--reviewers"])
    assert "R001" in listed.output and "가람" in listed.output and token not in listed.output
    assert shell.invoke(app, ["vet", "desk", "--remove-reviewer", "R001"]).exit_code == 0
    assert "(removed)" in shell.invoke(app, ["vet", "desk", "--reviewers"]).output
    assert shell.invoke(app, ["vet", "desk", "--remove-reviewer", "R009"]).exit_code == 1
    with sqlite3.connect(home.paths.home / "desk.sqlite") as con:
        assert token not in str(con.execute("SELECT * FROM reviewer").fetchall())


def test_the_queue_goes_out_and_comes_back_decided(shell: CliRunner, home: Home, tmp_path: Path) -> None:
    shell.invoke(app, ["vet", "desk", "--add-reviewer", "가람"])
    out = shell.invoke(app, ["vet", "queue", "--format", "csv", *DATE])
    assert out.exit_code == 0, out.output
    rows = list(csv.DictReader(io.StringIO(out.stdout_bytes.decode("utf-8-sig"))))
    assert rows[0]["posting_id"] == posting_id(1) and len(rows) == 4
    rows[0]["decision"] = "CONFIRMED_BAD"
    file = tmp_path / "decided.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.DictWriter(target, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    done = shell.invoke(app, ["vet", "decide", str(file), "--reviewer", "R001", *DATE])
    assert (done.exit_code, done.output.strip()) == (0, "1 written, 0 known already")
    assert (home.paths.own_drop / "desk_reviews" / "desk_reviews_20261007.ndjson.gz.ctl").is_file()
    left = shell.invoke(app, ["vet", "queue", "--format", "ndjson", *DATE])
    assert len(left.stdout_bytes.splitlines()) == 3


def test_an_appeal_is_noted_and_brings_back_what_was_decided(shell: CliRunner, tmp_path: Path) -> None:
    shell.invoke(app, ["vet", "desk", "--add-reviewer", "가람"])
    shell.invoke(app, ["vet", "queue", *DATE])
    file = tmp_path / "decided.ndjson"
    file.write_text(f'{{"posting_id": "{posting_id(2)}", "decision": "CONFIRMED_OK", "reviewer_id": "R001"}}')
    assert shell.invoke(app, ["vet", "decide", str(file), *DATE]).exit_code == 0
    again = shell.invoke(app, ["vet", "appeal", posting_id(2), "--note", "다시 봐 달라고 함", *DATE])
    assert again.exit_code == 0 and "1 decided before" in again.output
    assert shell.invoke(app, ["vet", "appeal", "K999", *DATE]).exit_code == 1


def test_errors_are_said_with_the_documented_exit_codes(shell: CliRunner, tmp_path: Path) -> None:
    assert shell.invoke(app, ["vet", "queue", "--format", "pdf", *DATE]).exit_code == 1
    assert shell.invoke(app, ["vet", "queue", "--format", "xlsx", *DATE]).exit_code == 2
    assert shell.invoke(app, ["vet", "decide", str(tmp_path / "none.csv"), *DATE]).exit_code == 1


def test_the_sandbox_desk_works_on_its_simulated_day(tmp_path: Path) -> None:
    settings = load_settings({}, profile="sandbox", home=tmp_path)
    now = working_clock(settings, date(2026, 10, 7))()
    assert now.astimezone(settings.tz).date() == date(2026, 10, 7)
    machine = datetime.now(UTC)
    assert abs(working_clock(settings, None)() - machine).total_seconds() < 60
