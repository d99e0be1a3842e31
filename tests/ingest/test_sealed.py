"""The sealed zone: opens for its purpose only, notices every damage, records every read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.landing import loads
from ingest.raw import RAW_PURPOSE
from ingest.registry import load_registry
from ingest.sealed import read_frames, read_sealed, seal_bytes
from tests.validation.support import NOW, context_in, good_row, landed_in

SEEKERS = load_registry()["seeker_registrations"]
SUBMISSIONS = load_registry()["vacancy_submissions"]


def test_linkage_features_are_sealed_and_reading_them_is_recorded(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    rows = [good_row(SEEKERS, n) for n in range(1, 51)]
    landed = landed_in(context, SEEKERS, rows)
    sealed = landed.manifest["sealed"]
    assert (sealed["purpose"], sealed["rows"]) == ("linkage", 50)
    path = context.paths.sealed / sealed["path"]

    tables = list(
        read_sealed([path], context.paths, context.keys, "linkage", SEEKERS.id, reader="kim", reason="test", now=NOW)
    )
    found = tables[0].to_pylist()[0]
    assert (found["name"], found["phone"], found["email"]) == ("name 1", "010-1001-5678", "email 1")
    assert str(found["birth_date"]) == "1961-02-02"
    assert found["person_key"].startswith("p1_")

    log = [json.loads(line) for line in (context.paths.sealed / "access.ndjson").read_text().splitlines()]
    assert log == [
        {
            "at": NOW.isoformat(),
            "reader": "kim",
            "reason": "test",
            "purpose": "linkage",
            "source": SEEKERS.id,
            "records": 50,
            "loads": [landed.load_id],
        }
    ]


def test_no_reader_or_no_reason_no_data(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    with pytest.raises(ValueError, match="a reader and a reason"):
        read_sealed([], context.paths, context.keys, "linkage", SEEKERS.id, reader=" ", reason="x", now=NOW)


def test_contacts_of_vacancies_have_their_own_purpose(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    landed = landed_in(context, SUBMISSIONS, [good_row(SUBMISSIONS, n) for n in range(5)])
    path = context.paths.sealed / landed.manifest["sealed"]["path"]
    assert path.parent.parent.name == "contacts"
    with pytest.raises(ValueError, match="does not open"):
        list(read_frames(path, context.keys, "linkage", SUBMISSIONS.id))
    with pytest.raises(ValueError, match="does not open"):
        list(read_frames(path, context.keys, "contacts", "another_source"))


def sealed_file(tmp_path: Path) -> tuple[Path, object]:
    context = context_in(tmp_path)
    path = tmp_path / "file.sealed"
    with path.open("wb") as out:
        seal_bytes(b"verbatim" * 10, out, context.keys, RAW_PURPOSE, SEEKERS.id)
    return path, context.keys


@pytest.mark.parametrize("place", [3, 8, 30, 60, -1])
def test_a_flipped_bit_is_noticed(tmp_path: Path, place: int) -> None:
    path, keys = sealed_file(tmp_path)
    assert b"".join(read_frames(path, keys, RAW_PURPOSE, SEEKERS.id)) == b"verbatim" * 10
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"file\.sealed"):
        list(read_frames(path, keys, RAW_PURPOSE, SEEKERS.id))


def test_a_dropped_frame_is_noticed(tmp_path: Path) -> None:
    path, keys = sealed_file(tmp_path)
    data = path.read_bytes()
    first = 8 + int.from_bytes(data[:8], "big")
    for cut in (data[:first], data[first:], data[:-3], b""):
        path.write_bytes(cut)
        with pytest.raises(ValueError, match=r"file\.sealed"):
            list(read_frames(path, keys, RAW_PURPOSE, SEEKERS.id))


def test_a_corrected_phone_is_a_new_version_although_no_row_holds_it(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    row = good_row(SEEKERS, 1)
    first = landed_in(context, SEEKERS, [row])
    second = landed_in(context, SEEKERS, [{**row, "address": "새 주소"}])
    assert second.status == "landed"
    assert first.load_id != second.load_id
    assert len(loads(context.paths, SEEKERS.id)) == 2
