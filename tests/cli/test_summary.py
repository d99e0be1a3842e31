"""What a run says at its end."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from lmi.cli.summary import print_summary
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
