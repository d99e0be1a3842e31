"""Failures of delivered files: what changes, what stays, and whether the control total agrees."""

from __future__ import annotations

import csv
import datetime
import gzip
import hashlib
import io
import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.server.contracts import SetupError
from sandbox.server.file_failures import corrupt

CLAIMS = "ui_claims_20261001.csv"
EVENTS = "insurance_events_20261001.csv.gz"
REFERRALS = "referrals_20261001.ndjson.gz"
ARREARS = "wage_arrears_20261001.xlsx"
LICENCES = "agency_licences_20261001.parquet"
ALL = (CLAIMS, EVENTS, REFERRALS, ARREARS, LICENCES)
_ROWS = {
    CLAIMS: [{"claim_no": f"U{i:012d}", "claim_date": "2026-10-01", "note": "수급, 자격"} for i in range(5)],
    EVENTS: [{"event_no": f"E{i:012d}", "event_date": "2026-10-01", "memo": '가"나\n다'} for i in range(5)],
    REFERRALS: [{"referral_id": f"F{i:012d}", "referred_date": "2026-10-01", "한글": None} for i in range(5)],
    ARREARS: [{"list_id": "2026-1", "business_no": "5038169211", "listed_from": datetime.datetime(2026, 10, 1)}] * 5,
    LICENCES: [{"licence_no": f"L{i}", "valid_from": datetime.date(2026, 1, 1)} for i in range(5)],
}


def rows_of(file: Path) -> list[dict]:
    data = file.read_bytes()
    if file.suffix == ".gz":
        data = gzip.decompress(data)
    if ".csv" in file.name:
        return list(csv.DictReader(io.StringIO(data.decode("cp949"), newline="")))
    if ".ndjson" in file.name:
        return [json.loads(line) for line in data.decode().splitlines()]
    if file.suffix == ".parquet":
        return pq.read_table(file).to_pylist()
    header, *rows = openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def columns_of(file: Path) -> list[str]:
    if ".csv" in file.name:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        return next(csv.reader(io.StringIO(data.decode("cp949"))))
    return list(rows_of(file)[0])


def control_of(file: Path) -> dict:
    return json.loads(file.with_name(f"{file.name}.ctl").read_text())


def agrees(file: Path) -> bool:
    return control_of(file)["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    for name, rows in _ROWS.items():
        path = tmp_path / name
        if ".csv" in name:
            text = io.StringIO(newline="")
            writer = csv.DictWriter(text, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            data = text.getvalue().encode("cp949")
            path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        elif ".ndjson" in name:
            path.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in rows).encode()))
        elif name.endswith(".parquet"):
            pq.write_table(pa.Table.from_pylist(rows), path)
        else:
            book = openpyxl.Workbook()
            for row in (list(rows[0]), *(list(r.values()) for r in rows)):
                book.active.append(row)
            book.save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        control = {"rows": len(rows), "sha256": digest, "sums": {"amount": 4.5, list(rows[0])[1]: 7}}
        path.with_name(f"{name}.ctl").write_text(json.dumps(control))
    return tmp_path


@pytest.mark.parametrize("name", ALL)
def test_the_fixture_is_sound(drop: Path, name: str) -> None:
    assert rows_of(drop / name) == [
        {k: ("" if v is None and ".csv" in name else v) for k, v in row.items()} for row in _ROWS[name]
    ]
    assert agrees(drop / name)


@pytest.mark.parametrize("name", ALL)
def test_new_column(drop: Path, name: str) -> None:
    assert corrupt(drop / name, "schema_new_column", 1) == "new_column"
    assert columns_of(drop / name) == [*_ROWS[name][0], "new_column"]
    assert {r["new_column"] for r in rows_of(drop / name)} == {"신규"}
    assert agrees(drop / name)
    assert control_of(drop / name)["rows"] == 5


@pytest.mark.parametrize("name", ALL)
def test_missing_and_renamed_column(drop: Path, name: str) -> None:
    usual = set(_ROWS[name][0])
    second = list(_ROWS[name][0])[1]
    assert corrupt(drop / name, "schema_renamed_column", 1, column=second) == second
    assert set(columns_of(drop / name)) == usual - {second} | {f"{second}_new"}
    assert second not in control_of(drop / name)["sums"]
    assert corrupt(drop / name, "schema_missing_column", 1, column=f"{second}_new") == f"{second}_new"
    assert set(columns_of(drop / name)) == usual - {second}
    assert control_of(drop / name)["sums"] == {"amount": 4.5}
    assert agrees(drop / name)


@pytest.mark.parametrize("name", ALL)
def test_retyped_column(drop: Path, name: str) -> None:
    column = corrupt(drop / name, "schema_retyped_column", 1)
    assert column in _ROWS[name][0]  # the one date column
    assert all(str(r[column]).startswith("등록일 2026") for r in rows_of(drop / name))
    assert agrees(drop / name)


@pytest.mark.parametrize("name", ALL)
def test_empty_and_tenfold_day(drop: Path, name: str) -> None:
    corrupt(drop / name, "tenfold_day", 1)
    rows = rows_of(drop / name)
    key = next(iter(_ROWS[name][0]))
    assert len(rows) == 50
    assert len({r[key] for r in rows}) == 10 * len({r[key] for r in _ROWS[name]})
    assert control_of(drop / name)["rows"] == 50
    assert control_of(drop / name)["sums"]["amount"] == 45.0
    corrupt(drop / name, "empty_day", 1)
    assert rows_of(drop / name) == []
    assert (control_of(drop / name)["rows"], control_of(drop / name)["sums"]["amount"]) == (0, 0)
    assert agrees(drop / name)


@pytest.mark.parametrize(("name", "encoding"), [(CLAIMS, "cp949"), (EVENTS, "cp949"), (REFERRALS, "utf-8")])
def test_bad_bytes_in_text(drop: Path, name: str, encoding: str) -> None:
    corrupt(drop / name, "bad_bytes", 1)
    data = (drop / name).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        (gzip.decompress(data) if name.endswith(".gz") else data).decode(encoding)
    assert agrees(drop / name)
    assert control_of(drop / name)["rows"] == 5


def test_bad_bytes_in_a_workbook(drop: Path) -> None:
    before = (drop / ARREARS).read_bytes()
    corrupt(drop / ARREARS, "bad_bytes", 1)
    assert (drop / ARREARS).read_bytes() != before
    assert agrees(drop / ARREARS)


def test_spoilt_on_the_way_disagrees_with_the_control_total(drop: Path) -> None:
    corrupt(drop / EVENTS, "truncated", 1)
    with pytest.raises(EOFError):
        gzip.decompress((drop / EVENTS).read_bytes())
    corrupt(drop / CLAIMS, "html", 1)
    assert (drop / CLAIMS).read_text().startswith("<!DOCTYPE html>")
    assert not agrees(drop / EVENTS)
    assert not agrees(drop / CLAIMS)


def test_control_totals(drop: Path) -> None:
    before = (drop / CLAIMS).read_bytes()
    corrupt(drop / CLAIMS, "wrong_control_total", 1)
    assert control_of(drop / CLAIMS)["rows"] == 6
    corrupt(drop / CLAIMS, "missing_control_total", 1)
    assert not (drop / f"{CLAIMS}.ctl").exists()
    assert (drop / CLAIMS).read_bytes() == before


def test_seed_decides(drop: Path) -> None:
    kept = {p.name: p.read_bytes() for p in drop.iterdir()}
    results = []
    for seed in (1, 1, 2):
        for name, data in kept.items():
            (drop / name).write_bytes(data)
        corrupt(drop / REFERRALS, "bad_bytes", seed)
        corrupt(drop / EVENTS, "truncated", seed)
        results.append(((drop / REFERRALS).read_bytes(), (drop / EVENTS).read_bytes()))
    assert results[0] == results[1] != results[2]
    assert sorted(p.name for p in drop.iterdir()) == sorted(kept)  # nothing else left behind


def test_refusals(drop: Path) -> None:
    with pytest.raises(SetupError, match="no_such_mode"):
        corrupt(drop / CLAIMS, "no_such_mode", 1)
    with pytest.raises(SetupError, match="no column 'pay'"):
        corrupt(drop / CLAIMS, "schema_missing_column", 1, column="pay")
    stranger = drop / "stranger_20261001.csv"
    stranger.write_text("a\n1\n")
    with pytest.raises(SetupError, match="stranger"):
        corrupt(stranger, "empty_day", 1)
