"""The queue out as a file, decisions in as a file, and the desk's decisions as a delivery that lands."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from ingest.connectors import CONNECTORS
from ingest.landing import land
from tests.validation.desk.conftest import SOURCES, TODAY, Home, item_of, posting_id
from tests.validation.support import NOW, context_in
from validation.accepted import accepted_loads, accepted_query
from validation.desk.deliver import day_file, deliver_all, deliver_day
from validation.desk.files import decide_file
from validation.desk.queue import EXPORTED, export, waiting
from validation.desk.store import DeskError, Store
from validation.run import validate

CODES = frozenset({"FEE_DEMAND", "EMP_SUSPENDED", "WAGE_NOT_STATED"})


def table(data: bytes, form: str) -> list[dict[str, str]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    if form == "ndjson":
        return [json.loads(line) for line in data.decode().splitlines()]
    names, *rows = load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.parametrize("form", ["csv", "xlsx", "ndjson"])
def test_the_same_queue_in_every_form(store: Store, form: str) -> None:
    items = waiting(store)
    rows = table(export(items, form), form)
    assert [str(row["posting_id"]) for row in rows] == [i["posting_id"] for i in items]
    assert set(EXPORTED) <= set(rows[0])
    assert "selection_code" not in rows[0] and "is_double" not in rows[0]
    codes = rows[0]["reason_codes"]
    assert codes == (["FEE_DEMAND", "COVER_SALES"] if form == "ndjson" else "FEE_DEMAND; COVER_SALES")


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_text_becomes_a_formula(store: Store, start: str) -> None:
    items = [waiting(store)[0] | {"title": f"{start}HYPERLINK(1)\x07", "quotes": [f"{start}1+1"]}]
    (row,) = table(export(items, "csv"), "csv")
    assert row["title"].startswith(f"'{start}") and row["quotes"].startswith(f"'{start}")
    sheet = load_workbook(io.BytesIO(export(items, "xlsx"))).active
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}


def test_an_unknown_form_is_refused(store: Store) -> None:
    with pytest.raises(DeskError, match="csv, xlsx, ndjson"):
        export(waiting(store), "pdf")


def as_file(folder: Path, form: str, rows: list[dict[str, object]]) -> Path:
    path = folder / f"decisions.{form}"
    names = list(dict.fromkeys(name for row in rows for name in row))
    if form == "ndjson":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    elif form == "csv":
        with path.open("w", encoding="cp949", newline="") as out:
            writer = csv.DictWriter(out, names)
            writer.writeheader()
            writer.writerows(rows)
    else:
        book = Workbook()
        book.active.append(names)
        for row in rows:
            book.active.append([row.get(name) for name in names])
        book.save(path)
    return path


@pytest.mark.parametrize("form", ["csv", "xlsx", "ndjson"])
def test_decisions_come_back_in_every_form_and_twice_is_once(home: Home, store: Store, form: str) -> None:
    who = store.add_reviewer("가람")[0]
    rows = [
        {"item_no": item_of(store, 1), "posting_id": posting_id(1), "decision": "CONFIRMED_BAD",
         "reason_codes": "FEE_DEMAND; UNDETERMINED:WAGE_NOT_STATED", "note": "통화로 확인"},
        {"item_no": None, "posting_id": posting_id(2), "decision": "confirmed_ok", "reason_codes": "EMP_SUSPENDED"},
        {"item_no": item_of(store, 4), "decision": ""},
    ]  # fmt: skip
    path = as_file(home.folder, form, rows)
    assert decide_file(store, path, who, CODES) == {"written": 2, "known": 0, "days": [TODAY.isoformat()]}
    before = store.rows("SELECT * FROM review ORDER BY item_no")
    assert [(r["decision"], r["reason_codes"], r["note"]) for r in before] == [
        ("CONFIRMED_BAD", '["FEE_DEMAND", "WAGE_NOT_STATED"]', "통화로 확인"),
        ("CONFIRMED_OK", "[]", None),
    ]
    assert decide_file(store, path, who, CODES) == {"written": 0, "known": 2, "days": []}
    assert store.rows("SELECT * FROM review ORDER BY item_no") == before
    assert {i["posting_id"] for i in waiting(store)} == {posting_id(3), posting_id(4)}


def test_one_wrong_row_and_nothing_is_written(home: Home, store: Store) -> None:
    who, other = store.add_reviewer("가람")[0], store.add_reviewer("나래")[0]
    store.claim(item_of(store, 4), other)
    good = {"item_no": item_of(store, 1), "decision": "CONFIRMED_OK", "reviewer_id": who}
    wrong = [
        ({"item_no": 999}, "in the queue"),
        ({"item_no": "one"}, "no number"),
        ({"item_no": item_of(store, 2), "posting_id": posting_id(3)}, "not " + posting_id(3)),
        ({"item_no": item_of(store, 2), "decision": "FINE"}, "no decision"),
        ({"item_no": item_of(store, 2), "decision": "CONFIRMED_BAD"}, "at least one reason"),
        ({"item_no": item_of(store, 2), "decision": "CONFIRMED_BAD", "reason_codes": "FEE"}, "FEE are unknown"),
        ({"item_no": item_of(store, 2), "reviewer_id": "R9"}, "nobody active"),
        ({"item_no": item_of(store, 2), "decided_at": "2026-10-08 09:00"}, "in the future"),
        ({"item_no": item_of(store, 2), "decided_at": "yesterday"}, "no time"),
        ({"item_no": item_of(store, 1)}, "again after line 1"),
        ({"item_no": item_of(store, 4)}, f"claimed by {other}"),
    ]
    path = as_file(home.folder, "ndjson", [good, *(good | changes for changes, _ in wrong)])
    with pytest.raises(DeskError) as error:
        decide_file(store, path, None, CODES)
    lines = str(error.value).splitlines()
    assert "nothing was written" in lines[0]
    for number, (line, (_, words)) in enumerate(zip(lines[1:], wrong, strict=True), start=2):
        assert line.strip().startswith(f"line {number}:") and words in line, line
    assert store.rows("SELECT * FROM review") == []
    assert store.item(item_of(store, 1))["state"] == "open"


def test_files_that_are_none_are_refused(home: Home, store: Store) -> None:
    for name, content, words in (
        ("a.pdf", b"", "is no .csv"),
        ("b.csv", b"\xff\xfe\x00", "neither UTF-8 nor CP949"),
        ("c.csv", b"item_no\n1\n", "no column decision"),
        ("d.csv", b"item_no,decision\n1,\n", "holds no decision"),
        ("e.ndjson", b"{", "is no JSON"),
        ("f.ndjson", b"[1]\n", "no JSON object"),
        ("g.xlsx", b"PK", "no workbook"),
    ):
        path = home.folder / name
        path.write_bytes(content)
        with pytest.raises(DeskError, match=words):
            decide_file(store, path, None, CODES)
    with pytest.raises(DeskError, match="no such file"):
        decide_file(store, home.folder / "none.csv", None, CODES)


def test_by_posting_id_the_second_reviewer_gets_the_second_slot(home: Home) -> None:
    store = home.store()
    home.fill(store, double=1.0)
    people = [store.add_reviewer(name)[0] for name in ("가람", "나래", "다솜")]
    rows = [{"posting_id": posting_id(1), "decision": "CONFIRMED_OK", "reviewer_id": who} for who in people]
    for row in rows[:2]:
        assert decide_file(store, as_file(home.folder, "ndjson", [row]), None, CODES)["written"] == 1
    assert len(store.rows("SELECT DISTINCT item_no FROM review")) == 2
    with pytest.raises(DeskError, match="waits no more"):
        decide_file(store, as_file(home.folder, "ndjson", rows[2:]), None, CODES)


def decide(store: Store, n: int, who: str, decision: str) -> None:
    item = item_of(store, n)
    store.claim(item, who)
    store.decide(item, who, decision, ["FEE_DEMAND"], note="전화 010-1234-5678로 확인", message="비밀 안내문")


def test_the_days_file_is_a_function_of_its_decisions(home: Home, store: Store) -> None:
    who = store.add_reviewer("가람")[0]
    decide(store, 1, who, "CONFIRMED_BAD")
    assert deliver_day(store, home.paths, TODAY) == 1
    file = day_file(home.paths, TODAY)
    first = (file.read_bytes(), file.stat().st_mtime_ns)
    assert first[0][4:8] == bytes(4)  # no time in the gzip header
    assert deliver_all(store, home.paths) == {TODAY.isoformat(): 1}
    assert (file.read_bytes(), file.stat().st_mtime_ns) == first
    decide(store, 2, who, "CONFIRMED_OK")
    home.later(days=1)
    decide(store, 3, who, "CORRECTED")
    assert deliver_all(store, home.paths) == {"2026-10-07": 2, "2026-10-08": 1}
    assert json.loads(file.with_name(file.name + ".ctl").read_text())["rows"] == 2
    text = gzip.decompress(file.read_bytes()).decode()
    assert "가람" not in text and "비밀" not in text


def test_the_delivery_lands_is_accepted_and_lands_again_with_more(home: Home, store: Store) -> None:
    source, who = SOURCES["desk_reviews"], store.add_reviewer("가람")[0]
    decide(store, 1, who, "CONFIRMED_BAD")
    deliver_day(store, home.paths, TODAY)
    assert _land_and_validate(home) == ["accepted"]
    assert _land_and_validate(home) == []  # nothing new
    decide(store, 2, who, "CONFIRMED_OK")
    deliver_day(store, home.paths, TODAY)
    assert _land_and_validate(home) == ["accepted"]
    import duckdb

    with duckdb.connect() as con:
        query = accepted_query(source, accepted_loads(home.paths, source.id, TODAY))
        rows = con.execute(
            f"SELECT posting_id, decision, step_code, reason_codes, note, selection_code, is_double, call_attempts,"
            f" decided_at::VARCHAR FROM ({query}) QUALIFY row_number() OVER (PARTITION BY review_id) = 1 ORDER BY 1"
        ).fetchall()
    note = "전화 ***-****-****로 확인"
    assert [row[:8] for row in rows] == [
        (posting_id(1), "CONFIRMED_BAD", "S2_CALLCENTER", '["FEE_DEMAND"]', note, "HELD", False, 0),
        (posting_id(2), "CONFIRMED_OK", "S2_CALLCENTER", "[]", note, "HELD", False, 0),
    ]


def _land_and_validate(home: Home) -> list[str]:
    context, source, found = context_in(home.folder), SOURCES["desk_reviews"], []
    for delivery in CONNECTORS[source.connector].fetch(source, TODAY, context):
        landed = land(delivery, context, NOW, "test")
        folder = context.paths.landing / source.id / str(TODAY) / landed.load_id
        found.append(validate(folder, source, home.settings, now=NOW).status)
    return found
