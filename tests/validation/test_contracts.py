"""One broken row for each promise of each contract: exactly the check that was broken catches it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from great_expectations.expectations.expectation import Expectation

from ingest.registry import load_registry
from tests.validation.support import NOW, broken_row, context_in, good_row, landed_in
from validation import contracts
from validation.contracts import checks_of, frame_columns, suite_json
from validation.run import validate

REGISTRY = load_registry()


@pytest.mark.parametrize("source_id", [s.id for s in REGISTRY.values() if "sandbox" in s.profiles])
def test_each_promise_is_kept_by_one_check(source_id: str, tmp_path: Path) -> None:
    source = REGISTRY[source_id]
    checks = checks_of(source)
    context = context_in(tmp_path)
    good = [good_row(source, n) for n in range(100, 140)]
    broken = [broken_row(source, check, n) for n, check in enumerate(checks, start=200)]
    landed = landed_in(context, source, good + broken)

    outcome = validate(landed.folder, source, context.settings, now=NOW)

    assert outcome.status == "accepted", outcome.reason
    found = duckdb.execute(
        f"SELECT _row, list((rule, severity, column_name)) FROM '{outcome.folder}/quarantine-*.parquet' GROUP BY _row"
    ).fetchall()
    expected = {
        len(good) + number: [(check.rule, check.severity, check.column.name)]
        for number, check in enumerate(checks, start=1)
    }
    assert dict(found) == expected
    errors = sum(check.severity == "error" for check in checks)
    assert outcome.counts["quarantined"] == errors
    assert outcome.counts["accepted"] + outcome.counts["duplicates"] == len(good) + len(checks) - errors


def test_messages_name_the_column_in_both_languages() -> None:
    for source in REGISTRY.values():
        for check in checks_of(source):
            ko, en = check.message
            assert check.column.ko in ko
            assert check.column.en in en
            assert "{" not in ko.replace(check.column.pattern or "{", "")


def test_suite_is_exported_with_rule_and_column() -> None:
    source = REGISTRY["seeker_registrations"]
    exported = suite_json(source)["expectations"]
    assert [(e["meta"]["rule"], e["meta"]["column"]) for e in exported] == [
        (c.rule, c.column.name) for c in checks_of(source)
    ]
    assert {e["severity"] for e in exported} == {"critical", "warning"}


def test_what_is_written_once_is_what_the_library_writes_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found values, counts and rows are the same, and afterwards the library is as it was."""
    source = REGISTRY["seeker_registrations"]
    suite = contracts.suite_for(source)
    numbers = {check.subject for check in suite.checks if check.rule in ("minimum", "maximum")}
    names = frame_columns(suite.checks)
    frame = pd.DataFrame({name: [None, -1.0, 1e9] if name in numbers else [None, "x", True] for name in names})
    frame[contracts.ROW_NUMBER] = range(3)
    before = Expectation.__dict__["configuration"]
    found = suite.run(frame)
    assert Expectation.__dict__["configuration"] is before
    assert sum(counts["unexpected"] for _, counts, _ in found) > len(suite.checks)
    monkeypatch.setattr(contracts, "configured_once", nullcontext)
    assert suite.run(frame) == found
