"""What a run says at its end."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from rich.console import Console

from lmi.cli.summary import _print_verification, print_summary
from lmi.core.clock import utc_now
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.settings import load_settings

DAY = date(2026, 10, 1)


@pytest.mark.parametrize(("outcome", "unchanged"), [("stopped", False), ("unchanged", True)])
def test_nothing_changed_is_not_said_of_a_release_that_was_stopped(
    outcome: str, unchanged: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings({}, home=tmp_path)
    since = utc_now() - timedelta(seconds=1)
    with Ledger(Paths.of(settings).ledger).stage("build", DAY) as stage:
        stage.outcome = outcome
        stage.detail["error"] = "an identity does not hold"
    print_summary(settings, since, 1.0, tmp_path / "run.log")
    said = capsys.readouterr().out
    assert ("Nothing changed" in said) == unchanged
    assert ("an identity does not hold" in said) != unchanged


def test_the_funnel_by_channel_with_the_commonest_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    marts = tmp_path / "marts.duckdb"
    states = "submitted, posted, rejected, duplicate, returned_open, held_open, pending, concluded"
    with duckdb.connect(str(marts)) as con:
        rows = [
            ("2026-09-01", "ONLINE", 10, 6, 2, 1, 0, 1, 0, 9), ("2026-09-01", "_T", 10, 6, 2, 1, 0, 1, 0, 9),
            ("2025-10-01", "ONLINE", 5, 3, 2, 0, 0, 0, 0, 5), ("2025-09-01", "ONLINE", 90, 9, 9, 0, 0, 0, 0, 9),
        ]  # fmt: skip
        values = ", ".join(map(str, rows))
        con.execute(
            "create table mart_vacancy_verification as select * replace (ref_period::date as ref_period)"
            f" from (values {values}) as t (ref_period, channel_code, {states})"
        )
        reasons = [
            ("2026-09-01", "ONLINE", "나이 제한", "Age limit", 3), ("2026-09-01", "ONLINE", "셋째", "Third", 1),
            ("2025-10-01", "ONLINE", "임금 미달", "Below minimum wage", 5),
        ]  # fmt: skip
        values = ", ".join(map(str, reasons))
        con.execute(
            "create table mart_vacancy_rejection_reasons as select * replace (ref_period::date as ref_period),"
            f" 'VERIFICATION' as decided_by, 'PRIMARY' as basis from (values {values})"
            " as t (ref_period, channel_code, label_ko, label_en, postings)"
        )
    release = SimpleNamespace(marts=marts)
    monkeypatch.setattr("lmi.core.release.current", lambda paths: release)
    monkeypatch.setattr("lmi.cli.summary.out", Console(width=200))
    _print_verification(load_settings({}, home=tmp_path, language="en"))
    said = capsys.readouterr().out
    lines = [[c.strip() for c in line.split("│")[1:-1]] for line in said.splitlines() if "│" in line]
    assert lines == [
        ["ONLINE", "15", "9", "5", "0", "1", "0", "64.3%"],
        ["all", "10", "6", "3", "0", "1", "0", "66.7%"],
    ]
    assert "Refused most often, ONLINE: Below minimum wage 5, Age limit 3\n" in said
