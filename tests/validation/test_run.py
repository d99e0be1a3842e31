"""Validation of whole loads: identity, refusals, duplicates, repetition, replay."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.delivery import RawFile
from ingest.landing import LandingError, land
from ingest.registry import load_registry
from tests.validation.support import (
    DAY,
    NOW,
    batches,
    broken_row,
    context_in,
    delivery_of,
    good_row,
    landed_in,
    malformed,
)
from validation.contracts import checks_of
from validation.run import accepted_loads, quarantine_counts, quarantine_rows, replay, validate

REGISTRY = load_registry()
SEEKERS = REGISTRY["seeker_registrations"]
ORGANISATIONS = REGISTRY["organisations"]
SNAPSHOT = REGISTRY["portal_vacancies"]


def rows_of(source: Any, count: int, first: int = 1000) -> list[dict[str, str | None]]:
    return [good_row(source, n) for n in range(first, first + count)]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-1, len(checks_of(ORGANISATIONS)) - 1), max_size=60), st.integers(0, 3), st.integers(0, 5))
def test_every_row_is_accounted_for(tmp_path: Path, picks: list[int], shapeless: int, repeated: int) -> None:
    checks = checks_of(ORGANISATIONS)
    rows = [
        good_row(ORGANISATIONS, n) if pick < 0 else broken_row(ORGANISATIONS, checks[pick], n)
        for n, pick in enumerate(picks, 100)
    ]
    rows += rows[:repeated]
    context = context_in(tmp_path)
    landed = landed_in(context, ORGANISATIONS, rows, malformed=malformed(shapeless))
    outcome = validate(landed.folder, ORGANISATIONS, context.settings, now=NOW)
    counts = outcome.counts
    if outcome.status != "refused":
        assert counts["fetched"] == len(rows) + shapeless
        assert counts["fetched"] == counts["accepted"] + counts["quarantined"] + counts["duplicates"]
        assert counts["duplicates"] == min(repeated, len(picks))
        good = sum(pick < 0 or checks[pick].severity == "warning" for pick in picks)
        assert counts["accepted"] == good
        assert counts["quarantined"] == len(picks) - good + shapeless


def test_validating_again_gives_the_same_bytes(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    rows = rows_of(SEEKERS, 300) + [broken_row(SEEKERS, c, 5000 + n) for n, c in enumerate(checks_of(SEEKERS))]
    landed = landed_in(context, SEEKERS, rows + rows[:7])
    first = validate(landed.folder, SEEKERS, context.settings, now=NOW)
    before = {p.name: p.read_bytes() for p in first.folder.iterdir()}

    again = validate(landed.folder, SEEKERS, context.settings, now=NOW + timedelta(days=1), force=True)
    assert {p.name: p.read_bytes() for p in again.folder.iterdir()} == before
    assert validate(landed.folder, SEEKERS, context.settings, now=NOW).status == "unchanged"


def test_a_row_with_two_faults_counts_once_and_lists_both(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    bad = {**good_row(SEEKERS, 1), "status": "GONE", "renewal_no": "-1"}
    landed = landed_in(context, SEEKERS, [*rows_of(SEEKERS, 30), bad])
    outcome = validate(landed.folder, SEEKERS, context.settings, now=NOW)
    assert outcome.counts["quarantined"] == 1
    found = quarantine_rows(context.paths, SEEKERS.id, outcome.load_id, 10)
    assert [(r["rule"], r["column_name"], r["value"]) for r in found] == [
        ("minimum", "renewal_no", "-1"),
        ("values", "status", "GONE"),
    ]


def test_classified_values_are_masked_and_personal_numbers_never_shown(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    shifted = {**good_row(SEEKERS, 1), "reg_date": "900101-1873946", "has_disability": "심함", "education_code": "99"}
    landed = landed_in(context, SEEKERS, [*rows_of(SEEKERS, 30), shifted])
    outcome = validate(landed.folder, SEEKERS, context.settings, now=NOW)
    shown = {r["column_name"]: r["value"] for r in quarantine_rows(context.paths, SEEKERS.id, None, 10)}
    assert shown == {"reg_date": "******-*******", "has_disability": "***", "education_code": "***"}
    for path in [*landed.folder.rglob("*"), *outcome.folder.rglob("*")]:
        if path.is_file():
            assert b"1873946" not in path.read_bytes()


def test_the_first_of_exact_duplicates_stays_and_versions_of_a_key_stay(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    one = good_row(SNAPSHOT, 1)
    landed = landed_in(context, SNAPSHOT, [one, {**one, "title": "또 다른 제목"}, dict(one)])
    outcome = validate(landed.folder, SNAPSHOT, context.settings, now=NOW)
    assert outcome.counts == {"fetched": 3, "accepted": 2, "quarantined": 0, "duplicates": 1}
    kept = duckdb.execute(f"SELECT _row FROM '{outcome.folder}/accepted-*.parquet' ORDER BY _row").fetchall()
    assert kept == [(1,), (2,)]


def refusal(tmp_path: Path, source: Any, rows: list[Any], **facts: Any) -> dict[str, str]:
    context = context_in(tmp_path)
    landed = landed_in(context, source, rows, **facts)
    outcome = validate(landed.folder, source, context.settings, now=NOW)
    assert outcome.status == "refused"
    assert accepted_loads(context.paths, source.id, DAY) == []
    return outcome.reason


def test_missing_and_renamed_columns_are_refused_with_a_guess(tmp_path: Path) -> None:
    seen = {c.name for c in ORGANISATIONS.columns} - {"region_code"} | {"regionCode"}
    reason = refusal(tmp_path, ORGANISATIONS, rows_of(ORGANISATIONS, 5), columns_seen=seen)
    assert reason["code"] == "column_missing"
    assert "region_code → regionCode" in reason["en"]
    assert "region_code → regionCode" in reason["ko"]


def test_a_new_column_is_refused_or_only_noted(tmp_path: Path) -> None:
    seen = {c.name for c in ORGANISATIONS.columns} | {"shoe_size"}
    assert refusal(tmp_path / "a", ORGANISATIONS, rows_of(ORGANISATIONS, 5), columns_seen=seen)["code"] == "column_new"
    lenient = dataclasses.replace(ORGANISATIONS, new_columns="warn")
    context = context_in(tmp_path / "b")
    landed = landed_in(context, lenient, rows_of(ORGANISATIONS, 5), columns_seen=seen)
    outcome = validate(landed.folder, lenient, context.settings, now=NOW)
    assert outcome.status == "accepted"
    assert "shoe_size" in outcome.manifest["warnings"][0]


def test_a_retyped_column_is_refused(tmp_path: Path) -> None:
    rows = [{**row, "valid_from": "01/09/2026"} for row in rows_of(ORGANISATIONS, 20)]
    reason = refusal(tmp_path, ORGANISATIONS, rows)
    assert (reason["code"], "valid_from (20/20)" in reason["en"]) == ("column_retyped", True)


def test_fewer_bad_values_than_half_are_rows_not_a_refusal(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    rows = [{**row, "valid_from": "?"} for row in rows_of(ORGANISATIONS, 10)] + rows_of(ORGANISATIONS, 10, 3000)
    landed = landed_in(context, ORGANISATIONS, rows)
    assert validate(landed.folder, ORGANISATIONS, context.settings, now=NOW).counts["quarantined"] == 10


@pytest.mark.parametrize("totals", [{"rows": 6}, {"rows": 5, "sums": {"renewal_no": 1}}])
def test_control_totals_are_compared(tmp_path: Path, totals: dict[str, Any]) -> None:
    assert refusal(tmp_path, SEEKERS, rows_of(SEEKERS, 5), provider_totals=totals)["code"] == "control_total"


def test_right_control_totals_pass_and_malformed_rows_count(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    totals = {"rows": 6, "sums": {"renewal_no": sum(range(1000, 1005))}}
    landed = landed_in(context, SEEKERS, rows_of(SEEKERS, 5), provider_totals=totals, malformed=malformed(1))
    outcome = validate(landed.folder, SEEKERS, context.settings, now=NOW)
    assert outcome.status == "accepted"
    assert outcome.counts == {"fetched": 6, "accepted": 5, "quarantined": 1, "duplicates": 0}


def test_a_partial_sync_is_accepted_and_marked(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    landed = landed_in(context, SNAPSHOT, rows_of(SNAPSHOT, 5), provider_totals={"rows": 900}, status="partial")
    assert validate(landed.folder, SNAPSHOT, context.settings, now=NOW).status == "accepted"
    assert [load.delivery_status for load in accepted_loads(context.paths, SNAPSHOT.id, DAY)] == ["partial"]


def test_an_empty_delivery_is_refused_where_it_must_not_be(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a", SNAPSHOT, [])["code"] == "empty"
    context = context_in(tmp_path / "b")
    landed = landed_in(context, ORGANISATIONS, [])
    outcome = validate(landed.folder, ORGANISATIONS, context.settings, now=NOW)
    assert outcome.status == "accepted"
    assert accepted_loads(context.paths, ORGANISATIONS.id, DAY)[0].rows == 0


def volumes(tmp_path: Path, sizes: list[int], first: date = date(2026, 9, 7)) -> list[tuple[str, Any]]:
    """Status and load of deliveries of these sizes on consecutive days from a Monday."""
    context = context_in(tmp_path)
    found = []
    for number, size in enumerate(sizes):
        rows = rows_of(ORGANISATIONS, size, 1000 * number)
        landed = landed_in(context, ORGANISATIONS, rows, delivery_date=first + timedelta(days=number))
        found.append((validate(landed.folder, ORGANISATIONS, context.settings, now=NOW).status, landed))
    return found


def test_a_volume_far_from_the_usual_is_refused_and_can_be_waived(tmp_path: Path) -> None:
    found = volumes(tmp_path, [60, 60, 60, 5, 600])
    assert [status for status, _ in found] == ["accepted"] * 3 + ["refused"] * 2
    context = context_in(tmp_path)
    changed = replay(context.settings, ORGANISATIONS.id, found[-1][1].load_id, now=NOW, waive=frozenset({"volume"}))
    assert [(c["status"], c["accepted_before"], c["accepted"]) for c in changed] == [("accepted", 0, 600)]
    # the operator's judgement outlives the next replay
    assert replay(context.settings, ORGANISATIONS.id, None, now=NOW) == []


def test_a_quiet_weekend_and_few_earlier_loads_are_no_alarm(tmp_path: Path) -> None:
    assert {status for status, _ in volumes(tmp_path / "a", [60, 60, 60, 60, 60, 3, 2])} == {"accepted"}
    assert {status for status, _ in volumes(tmp_path / "b", [60, 60, 2])} == {"accepted"}


def test_history_is_not_compared_with_days(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    for number, size in enumerate([60, 60, 60, 600]):
        name = "organisations_20260930_history.csv" if size == 600 else "organisations.csv"
        day = date(2026, 9, 7) + timedelta(days=number)
        rows = rows_of(ORGANISATIONS, size, 1000 * number)
        landed = landed_in(context, ORGANISATIONS, rows, delivery_date=day, raw_files=[RawFile(name, b"")])
        assert validate(landed.folder, ORGANISATIONS, context.settings, now=NOW).status == "accepted"


def changed_contract(source: Any, name: str, **changes: Any) -> Any:
    columns = tuple(dataclasses.replace(c, **changes) if c.name == name else c for c in source.columns)
    return dataclasses.replace(source, columns=columns, digest="f" * 64)


def test_replay_types_again_what_the_old_contract_could_not_read(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    rows = [*rows_of(ORGANISATIONS, 30), {**good_row(ORGANISATIONS, 1), "valid_from": "01.09.2026"}]
    landed = landed_in(context, ORGANISATIONS, rows)
    before = validate(landed.folder, ORGANISATIONS, context.settings, now=NOW)
    assert (before.counts["accepted"], before.counts["quarantined"]) == (30, 1)

    mended = changed_contract(ORGANISATIONS, "valid_from", formats=("%d.%m.%Y",))
    after = validate(landed.folder, mended, context.settings, now=NOW)
    assert (after.counts["accepted"], after.counts["quarantined"]) == (31, 0)
    value = duckdb.execute(f"SELECT valid_from FROM '{accepted_loads(context.paths, ORGANISATIONS.id, DAY)[0].path}'")
    assert date(2026, 9, 1) in [row[0] for row in value.fetchall()]
    # files of the last result stay for readers that hold its manifest
    assert len(list(after.folder.glob("accepted-*.parquet"))) == 2


def test_replay_under_another_type(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    source = REGISTRY["vacancy_reviews"]
    rows = [{**row, "reviewer_id": str(n)} for n, row in enumerate(rows_of(source, 30))]
    landed = landed_in(context, source, [*rows, good_row(source, 1)])
    retyped = changed_contract(source, "reviewer_id", logical_type="integer")
    outcome = validate(landed.folder, retyped, context.settings, now=NOW)
    assert outcome.counts == {"fetched": 31, "accepted": 30, "quarantined": 1, "duplicates": 0}
    shown = quarantine_rows(context.paths, source.id, outcome.load_id, 10)
    assert [(r["rule"], r["value"]) for r in shown] == [("cast", "***")]  # working numbers are quasi-identifiers
    path = accepted_loads(context.paths, source.id, DAY)[0].path
    assert duckdb.execute(f"SELECT typeof(reviewer_id), max(reviewer_id) FROM '{path}' GROUP BY 1").fetchall() == [
        ("BIGINT", 29)
    ]


def test_replay_says_nothing_when_nothing_changes_and_refuses_unknown_loads(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    landed = landed_in(context, ORGANISATIONS, rows_of(ORGANISATIONS, 5))
    validate(landed.folder, ORGANISATIONS, context.settings, now=NOW)
    assert replay(context.settings, ORGANISATIONS.id, None, now=NOW) == []
    with pytest.raises(LandingError, match="has not landed"):
        replay(context.settings, ORGANISATIONS.id, "20990101-000000000000", now=NOW)


def test_a_damaged_result_is_noticed_and_made_again(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    landed = landed_in(context, ORGANISATIONS, rows_of(ORGANISATIONS, 50))
    outcome = validate(landed.folder, ORGANISATIONS, context.settings, now=NOW)
    path = accepted_loads(context.paths, ORGANISATIONS.id, DAY)[0].path
    good = path.read_bytes()
    path.write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])
    with pytest.raises(LandingError, match="not what was written"):
        accepted_loads(context.paths, ORGANISATIONS.id, DAY)
    assert validate(landed.folder, ORGANISATIONS, context.settings, now=NOW).counts == outcome.counts
    assert path.read_bytes() == good


def test_results_hold_counts_but_no_values(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    bad = {**good_row(ORGANISATIONS, 1), "organisation_type": "SECRET_VALUE"}
    landed = landed_in(context, ORGANISATIONS, [*rows_of(ORGANISATIONS, 5), bad])
    outcome = validate(landed.folder, ORGANISATIONS, context.settings, now=NOW)
    text = next(outcome.folder.glob("checks-*.json")).read_text()
    assert "SECRET_VALUE" not in text
    found = [e for e in json.loads(text)["expectations"] if e["unexpected"]]
    assert [(e["rule"], e["column"], e["unexpected"], e["evaluated"]) for e in found] == [
        ("values", "organisation_type", 1, 6)
    ]
    assert quarantine_counts(context.paths, [ORGANISATIONS.id])[0]["rows"] == 1


def test_accepted_rows_keep_the_order_of_the_delivery(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    part = rows_of(ORGANISATIONS, 1000)
    for number, row in enumerate(part):
        if number % 97 == 0:
            row["organisation_type"] = "?"
    several = [
        batch.set_column(0, batch.schema.field(0), pa.array([f"{repeat}-{n}" for n in range(batch.num_rows)]))
        for repeat in range(200)
        for batch in batches(ORGANISATIONS, part)
    ]
    numbered = [
        batch.set_column(batch.num_columns - 1, "_row", pa.array(range(n * 1000, (n + 1) * 1000), pa.int64()))
        for n, batch in enumerate(several)
    ]
    delivery = delivery_of(ORGANISATIONS, [])
    delivery.batches = iter(numbered)
    landed = land(delivery, context, NOW, "test")
    outcome = validate(landed.folder, ORGANISATIONS, context.settings, now=NOW)
    assert outcome.counts["accepted"] == 200_000 - 200 * 11
    for path in (landed.folder / "rows.parquet", *outcome.folder.glob("accepted-*.parquet")):
        rows = pq.read_table(path, columns=["_row"]).column("_row").to_numpy()
        assert (rows[1:] > rows[:-1]).all()
