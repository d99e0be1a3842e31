"""One broken row for each promise of each contract: exactly the check that was broken catches it."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from great_expectations.core.batch_spec import RuntimeDataBatchSpec
from great_expectations.core.id_dict import IDDict
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from ingest.registry import load_registry
from tests.validation.support import NOW, broken_row, context_in, good_row, landed_in
from validation import contracts
from validation.contracts import checks_of, frame_columns, suite_json
from validation.gx import without_repeats
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
    changed = ((Expectation, "configuration"), (ExpectationConfiguration, "to_domain_obj"), (IDDict, "to_id"))
    before = [vars(kind)[name] for kind, name in changed]
    found = suite.run(frame)
    assert [vars(kind)[name] for kind, name in changed] == before
    assert sum(counts["unexpected"] for _, counts, _ in found) > len(suite.checks)
    monkeypatch.setattr(contracts, "without_repeats", nullcontext)
    assert suite.run(frame) == found


def test_the_id_of_plain_arguments_is_the_librarys_own() -> None:
    """Others, of one key, or with keys to leave out, are left to the library."""
    plain = IDDict({"column": "구인", "value_set": ["a", None, 1.5], "nested": {"b": True, "a": 1}})
    others = [IDDict(), IDDict(a=1), IDDict(a=1, b=date(2026, 1, 1)), RuntimeDataBatchSpec(a=1, batch_data="x")]
    own = [each.to_id() for each in (plain, *others)]
    with without_repeats():
        assert [each.to_id() for each in (plain, *others)] == own
        assert plain.to_id(id_ignore_keys={"nested"}) != own[0]
    assert len(set(own)) == len(own)
