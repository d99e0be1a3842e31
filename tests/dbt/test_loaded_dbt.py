"""The dbt process that waits for its command."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dbt_project import build
from lmi.core.settings import load_settings
from validation.vetting.rules import RuleSet

UNKNOWN = "no-such-command"


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[str]]:
    build.load_dbt()
    assert build._loaded is not None
    with build._loaded as process:
        yield process
    assert build._loaded is None or build._loaded is process
    build._loaded = None


def asked(folder: Path) -> build.DbtOutcome:
    """What comes of a command that dbt refuses before it reads the project."""
    plan = build.BuildPlan(date(2026, 10, 1), "x", {}, {}, [], [], RuleSet((), ""), [], [])
    return build.dbt(load_settings({}, home=folder), plan, folder / "w.duckdb", folder / "work", UNKNOWN)


def test_a_command_goes_to_the_process_that_waits_and_ends_it(waiting: subprocess.Popen[str], tmp_path: Path) -> None:
    outcome = asked(tmp_path)
    assert not outcome.ok
    assert waiting.returncode == 2
    assert UNKNOWN in outcome.log.read_text()


def test_one_that_died_while_it_waited_is_replaced(waiting: subprocess.Popen[str], tmp_path: Path) -> None:
    waiting.kill()
    waiting.wait()
    assert UNKNOWN in asked(tmp_path).log.read_text()


def test_one_that_waits_is_not_begun_twice(waiting: subprocess.Popen[str]) -> None:
    build.load_dbt()
    assert build._loaded is waiting
    waiting.communicate("")
    assert waiting.returncode == 0, "no command is no error"
