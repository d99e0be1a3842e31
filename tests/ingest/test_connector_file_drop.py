"""File drop: which files are taken, control totals, and the canonical file drop of sources with an interface."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from ingest.connectors import CONNECTORS, file_drop
from ingest.delivery import FetchError
from tests.ingest.connector_support import DAY, context, fetch, read, registered, toy_source

SPEC = {"pattern": "toy_{date}*.csv", "format": "csv", "encoding": "utf-8"}


@pytest.fixture(autouse=True)
def landed(monkeypatch) -> set[tuple[date, str]]:
    """Delivery date and sha256 of files that have landed; tests add to it."""
    files: set[tuple[date, str]] = set()
    monkeypatch.setattr(file_drop, "landed_files", lambda paths, source_id: files)
    return files


def drop(home: Path, name: str, text: str, source: str = "toy", **control: object) -> Path:
    folder = home / "drop" / source
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(text.encode())
    digest = hashlib.sha256(text.encode()).hexdigest()
    declared = {"rows": text.count("\n") - 1, "sha256": digest, **control}
    (folder / f"{name}.ctl").write_text(json.dumps(declared))
    return path


def codes(home: Path, day: date = DAY, **spec: object) -> list[tuple[date, list[str]]]:
    deliveries = fetch(toy_source({**SPEC, **spec}), context(home), day)
    return [(d.delivery_date, [r["code"] for r in read(d)]) for d in deliveries]


def refusal(home: Path, **spec: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        codes(home, **spec)
    return caught.value


def test_files_of_the_lookback_come_oldest_first_each_on_its_date(tmp_path):
    drop(tmp_path, "toy_20261001.csv", "code\nc\n")
    drop(tmp_path, "toy_20260924_history.csv", "code\na\n")
    drop(tmp_path, "toy_20260930.csv", "code\nb\n")
    drop(tmp_path, "toy_20260930_2.csv", "code\nb2\n")
    drop(tmp_path, "toy_20260923.csv", "code\ntoo old\n")
    drop(tmp_path, "toy_20261002.csv", "code\ntomorrow's\n")
    drop(tmp_path, "other_20261001.csv", "code\nother\n")
    drop(tmp_path, ".toy_20261001.csv", "code\nhidden\n")
    assert codes(tmp_path) == [
        (date(2026, 9, 24), ["a"]),
        (date(2026, 9, 30), ["b"]),
        (date(2026, 9, 30), ["b2"]),
        (date(2026, 10, 1), ["c"]),
    ]
    assert codes(tmp_path, lookback_days=0) == [(date(2026, 10, 1), ["c"])]


def test_a_landed_file_is_not_taken_again_but_a_corrected_one_is(tmp_path, landed):
    path = drop(tmp_path, "toy_20261001.csv", "code\nc\n")
    landed.add((date(2026, 10, 1), hashlib.sha256(path.read_bytes()).hexdigest()))
    assert codes(tmp_path) == []
    drop(tmp_path, "toy_20261001.csv", "code\nd\n")
    assert codes(tmp_path) == [(DAY, ["d"])]


def test_no_folder_means_nothing_came(tmp_path):
    assert codes(tmp_path) == []


def test_delivery_carries_totals_raw_file_and_request_without_paths(tmp_path):
    path = drop(tmp_path, "toy_20261001.csv", "code,amount\na,1.5\nb, 2 \nc,x\n", sums={"amount": 3.5})
    (delivery,) = fetch(toy_source(SPEC), context(tmp_path))
    assert len(read(delivery)) == 3
    assert delivery.provider_totals == {"rows": 3, "sums": {"amount": 3.5}}
    assert [(r.name, r.data) for r in delivery.raw_files] == [("toy_20261001.csv", path)]
    assert str(tmp_path) not in json.dumps(delivery.request)
    assert delivery.columns_seen == {"code", "amount"}


def test_missing_control_total(tmp_path):
    drop(tmp_path, "toy_20261001.csv", "code\na\n").with_name("toy_20261001.csv.ctl").unlink()
    assert refusal(tmp_path).code == "control_missing"
    assert codes(tmp_path, control="optional") == [(DAY, ["a"])]


@pytest.mark.parametrize("text", ["", "[]", '{"rows": "1"}', '{"sha256": "x"}'])
def test_unreadable_control_total(tmp_path, text):
    drop(tmp_path, "toy_20261001.csv", "code\na\n").with_name("toy_20261001.csv.ctl").write_text(text)
    assert refusal(tmp_path).code == "control_unreadable"


@pytest.mark.parametrize(
    ("control", "says"),
    [({"rows": 3}, "2 rows read, 3 declared"), ({"sha256": "0" * 64}, "sha256"), ({"sums": {"amount": 9}}, "amount")],
)
def test_false_control_total(tmp_path, control, says):
    drop(tmp_path, "toy_20261001.csv", "code,amount\na,1\nb,2\n", **control)
    error = refusal(tmp_path)
    assert error.code == "control_total"
    assert says in str(error)


def test_malformed_rows_count_as_rows(tmp_path):
    drop(tmp_path, "toy_20261001.csv", "code,amount\na,1\nb\n", rows=2)
    (delivery,) = fetch(toy_source(SPEC), context(tmp_path))
    assert [r["code"] for r in read(delivery)] == ["a"]
    assert [(m.row, m.reason) for m in delivery.malformed] == [(2, "1 fields instead of 2")]


def test_one_bad_file_does_not_hide_the_others(tmp_path):
    drop(tmp_path, "toy_20260930.csv", "code\na\n", rows=7)
    drop(tmp_path, "toy_20261001.csv", "code\nb\n")
    bad, good = fetch(toy_source(SPEC), context(tmp_path))
    with pytest.raises(FetchError):
        read(bad)
    assert [r["code"] for r in read(good)] == ["b"]


def test_a_quotation_mark_that_is_never_closed_is_refused(tmp_path):
    drop(tmp_path, "toy_20261001.csv", 'code,name\n1,"open\n' + "2,closed\n" * 1_200_000)
    assert refusal(tmp_path).code in {"csv", "control_total"}


def test_impossible_date_and_link(tmp_path):
    path = drop(tmp_path, "toy_20261301.csv", "code\na\n")
    assert refusal(tmp_path).code == "file_name"
    path.unlink()
    outside = tmp_path / "secret.csv"
    outside.write_text("code\nx\n")
    (tmp_path / "drop" / "toy" / "toy_20261001.csv").symlink_to(outside)
    assert refusal(tmp_path).code == "link"


def canonical(home: Path, name: str, *records: dict[str, str]) -> None:
    """A canonical file with its control total."""
    folder = home / "drop" / "portal_vacancies"
    folder.mkdir(parents=True)
    data = gzip.compress("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode())
    (folder / name).write_bytes(data)
    declared = {"rows": len(records), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / f"{name}.ctl").write_text(json.dumps(declared))


RECORD = {"posting_id": "P1", "title": "조리원", "company": "가나", "modified_at": "2026-09-30 10:00:00"}


def test_files_of_days_without_rows_are_equal_and_land_each_on_its_day(tmp_path, landed):
    drop(tmp_path, "toy_20260930.csv", "code\n")
    path = drop(tmp_path, "toy_20261001.csv", "code\n")
    landed.add((date(2026, 9, 30), hashlib.sha256(path.read_bytes()).hexdigest()))
    assert codes(tmp_path) == [(date(2026, 10, 1), [])]


def test_canonical_file_uses_contract_names_and_replaces_the_interface_on_its_day(tmp_path, landed):
    canonical(tmp_path, "portal_vacancies_20261001_history.ndjson.gz", RECORD)
    ctx = context(tmp_path, port=1)  # nothing listens there: a call would fail
    (delivery,) = fetch(registered("portal_vacancies"), ctx)
    row = read(delivery)[0]
    assert (row["posting_id"], row["company"], row["url"]) == ("P1", "가나", None)
    assert delivery.columns_seen == set(RECORD)
    landed.add((delivery.delivery_date, hashlib.sha256(delivery.raw_files[0].data.read_bytes()).hexdigest()))
    assert fetch(registered("portal_vacancies"), ctx) == []


def test_after_yesterdays_canonical_file_the_interface_is_called(tmp_path):
    canonical(tmp_path, "portal_vacancies_20260930.ndjson.gz", RECORD)
    found = CONNECTORS["jobposting"].fetch(registered("portal_vacancies"), DAY, context(tmp_path, port=1))
    assert [r["posting_id"] for r in read(next(found))] == ["P1"]
    with pytest.raises(FetchError) as caught:
        next(found)
    assert caught.value.code == "connection"
