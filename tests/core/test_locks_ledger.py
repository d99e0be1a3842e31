import multiprocessing
import os
import signal
from datetime import date
from pathlib import Path

import pytest

from lmi.core.ledger import STARTED, Ledger
from lmi.core.locks import BusyError, exclusive

DAY = date(2026, 10, 1)


def test_a_second_holder_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with exclusive(tmp_path, "release", "building the release of 2026-10-01"):
        with pytest.raises(BusyError, match=r"building the release of 2026-10-01.*process \d+"):
            with exclusive(tmp_path, "release", "another"):
                pass
    with exclusive(tmp_path, "release", "afterwards"):
        pass


def _hold_and_die(folder: Path, ready: "multiprocessing.synchronize.Event") -> None:
    with exclusive(folder, "release", "a run that is killed"):
        ready.set()
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=_hold_and_die, args=(tmp_path, ready))
    process.start()
    process.join(30)
    assert ready.is_set() and process.exitcode == -signal.SIGKILL
    with exclusive(tmp_path, "release", "the next run"):
        pass


def test_stages_are_recorded_with_outcome_and_error(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.stage("land", DAY, "ui_claims") as stage:
        stage.detail["rows"] = 3
    with pytest.raises(ValueError, match="torn"), ledger.stage("validate", DAY, "ui_claims"):
        raise ValueError("torn file")
    good, bad = ledger.stages()
    assert (good["outcome"], good["detail"], good["source"]) == ("ok", {"rows": 3}, "ui_claims")
    assert (bad["outcome"], bad["detail"]) == ("failed", {"error": "ValueError: torn file"})


def test_a_stage_whose_process_died_stays_started(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    entry = ledger.stage("build", DAY)
    entry.__enter__()
    assert [s["outcome"] for s in Ledger(ledger.path).stages()] == [STARTED]


def test_published_releases_are_remembered_after_pruning(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    assert not ledger.was_published("20261001-abc")
    ledger.record_release("20261001-abc", DAY, "published")
    assert ledger.was_published("20261001-abc")
