"""Landing: whole or not at all, the same content once, damage noticed, nobody in the files."""

from __future__ import annotations

import io
import random
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.delivery import FetchError, RawFile
from ingest.landing import (
    LandingError,
    folder_of,
    land,
    landed_files,
    landed_values,
    loads,
    verify,
)
from ingest.raw import RAW_PURPOSE
from ingest.registry import load_registry
from ingest.sealed import read_frames
from tests.validation.support import DAY, NOW, batches, context_in, delivery_of, good_row, landed_in, malformed

REGISTRY = load_registry()
SEEKERS = REGISTRY["seeker_registrations"]
EVENTS = REGISTRY["insurance_events"]
ORGANISATIONS = REGISTRY["organisations"]
WORK24 = REGISTRY["work24_vacancies"]
STEPS = ("staged", "raw", "rows", "sealed", "renamed", "manifest")


def rows_of(source: Any, count: int, first: int = 1000) -> list[dict[str, str | None]]:
    return [good_row(source, n) for n in range(first, first + count)]


def files_below(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_rows_have_the_contract_and_where_they_come_from(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    odd = {
        **good_row(SEEKERS, 7),
        "name": "  홍길동\u3000",
        "career_months": "many",
        "phone": " ",
        "programme_code": "\u00a0",
    }
    landed = landed_in(context, SEEKERS, [*rows_of(SEEKERS, 2), odd])
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        table = con.execute(f"SELECT * FROM '{landed.folder}/rows.parquet'").to_arrow_table()
    assert table.column_names[: len(SEEKERS.landed_columns)] == [c.name for c in SEEKERS.landed_columns]
    assert table.column_names[len(SEEKERS.landed_columns) :] == [
        "_source", "_load_id", "_delivery_date", "_fetched_at", "_page", "_row", "_record_hash", "_uncast",
    ]  # fmt: skip
    row = table.to_pylist()[2]
    assert (row["career_months"], row["_uncast"]) == (None, '{"career_months":"many"}')
    assert (row["programme_code"], row["phone_key"]) == (None, None)
    assert (row["_source"], row["_load_id"], row["_delivery_date"]) == (SEEKERS.id, landed.load_id, DAY)
    assert row["_fetched_at"] == NOW


def test_person_key_is_the_token_of_the_normalised_number(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    rows = [{**good_row(SEEKERS, n), "resident_no": text} for n, text in enumerate(["900101-2345678", "9001012345678"])]
    landed = landed_in(context, SEEKERS, rows)
    found = duckdb.execute(f"SELECT person_key, birth_year, sex FROM '{landed.folder}/rows.parquet'").fetchall()
    assert found == [(context.keys.token("person", "9001012345678"), 1990, "F")] * 2


def test_a_birth_date_after_the_delivery_gives_no_token(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    landed = landed_in(context, SEEKERS, [{**good_row(SEEKERS, 1), "resident_no": "300101-3345678"}])
    found = duckdb.execute(f"SELECT person_key, sex, _uncast FROM '{landed.folder}/rows.parquet'").fetchone()
    assert found == (None, None, '{"resident_no":"***"}')


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_same_content_lands_once_in_any_order(tmp_path: Path, picks: list[int], order: random.Random) -> None:
    context = context_in(tmp_path)
    rows = [good_row(ORGANISATIONS, n) for n in picks]
    first = landed_in(context, ORGANISATIONS, rows)
    before = files_below(context.paths.home)
    shuffled = list(rows)
    order.shuffle(shuffled)
    again = landed_in(context, ORGANISATIONS, shuffled)
    assert (again.status, again.load_id) == ("unchanged", first.load_id)
    assert files_below(context.paths.home) == before


def test_other_content_status_or_day_is_another_load(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    rows = rows_of(ORGANISATIONS, 3)
    found = {
        landed_in(context, ORGANISATIONS, rows).load_id,
        landed_in(context, ORGANISATIONS, rows[:2]).load_id,
        landed_in(context, ORGANISATIONS, [*rows, rows[0]]).load_id,
        landed_in(context, ORGANISATIONS, rows, status="partial").load_id,
        landed_in(context, ORGANISATIONS, rows, malformed=malformed(1)).load_id,
        landed_in(context, ORGANISATIONS, rows, delivery_date=DAY + timedelta(days=1)).load_id,
    }
    assert len(found) == 6


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_leaves_all_or_nothing(tmp_path: Path, step: str) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from tests.validation.support import *\n"
        "from ingest.registry import load_registry; source = load_registry()['seeker_registrations']\n"
        "def kill(step):\n    if step == sys.argv[2]: os.kill(os.getpid(), signal.SIGKILL)\n"
        "rows = [good_row(source, n) for n in range(1000, 1020)]\n"
        "land(delivery_of(source, rows), context_in(Path(sys.argv[1])), NOW, 'test', kill)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path), step], cwd=root, check=False)
    assert done.returncode == -signal.SIGKILL
    context = context_in(tmp_path)
    assert len(loads(context.paths, SEEKERS.id)) == (step == "manifest")

    again = landed_in(context, SEEKERS, rows_of(SEEKERS, 20))
    assert again.status == ("unchanged" if step == "manifest" else "landed")
    (manifest,) = loads(context.paths, SEEKERS.id)
    verify(again.folder, manifest)
    assert len(list(context.paths.sealed.rglob("*.sealed"))) == 1


@pytest.mark.parametrize("step", STEPS[:-1])
def test_an_error_at_any_step_leaves_no_load_and_no_scratch(tmp_path: Path, step: str) -> None:
    def fail(name: str) -> None:
        if name == step:
            raise OSError("disk full")

    context = context_in(tmp_path)
    with pytest.raises(OSError, match="disk full"):
        land(delivery_of(SEEKERS, rows_of(SEEKERS, 5)), context, NOW, "test", fail)
    assert loads(context.paths, SEEKERS.id) == []
    assert files_below(context.paths.work) == set()


def test_the_connectors_error_comes_through(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from batches(ORGANISATIONS, rows_of(ORGANISATIONS, 3))
        raise FetchError("truncated", "the provider stopped in the middle")

    context = context_in(tmp_path)
    delivery = delivery_of(ORGANISATIONS, [])
    delivery.batches = broken()
    with pytest.raises(FetchError, match="stopped in the middle"):
        land(delivery, context, NOW, "test")
    assert loads(context.paths, ORGANISATIONS.id) == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_is_noticed_and_the_next_landing_mends_it(tmp_path: Path, data: st.DataObject) -> None:
    context = context_in(tmp_path)
    landed = landed_in(context, ORGANISATIONS, rows_of(ORGANISATIONS, 30))
    path = landed.folder / "rows.parquet"
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) * 8 - 1))
    content[place // 8] ^= 1 << (place % 8)
    path.write_bytes(content)
    with pytest.raises(LandingError, match=r"rows\.parquet is not what was written"):
        verify(landed.folder, landed.manifest)
    with pytest.raises(LandingError):
        landed_values(context.paths, ORGANISATIONS.id, "organisation_code", DAY)
    assert landed_in(context, ORGANISATIONS, rows_of(ORGANISATIONS, 30)).status == "landed"
    assert len(landed_values(context.paths, ORGANISATIONS.id, "organisation_code", DAY)) == 30


def test_raw_bytes_follow_the_policy(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    file = tmp_path / "delivered.csv"
    file.write_bytes("성명\n홍길동\n".encode("cp949"))
    plain = landed_in(context, ORGANISATIONS, rows_of(ORGANISATIONS, 1), raw_files=[RawFile("../../x/a b.json", file)])
    assert (plain.folder / "raw" / "00000-a_b.json").read_bytes() == file.read_bytes()

    answers = [RawFile("page-1.xml", b"<a/>"), RawFile("page-2.xml", b"<b/>")]
    sealed = landed_in(context, WORK24, rows_of(WORK24, 1), raw_files=answers)
    (kept,) = (sealed.folder / "raw").iterdir()
    assert kept.name == "answers.zip.sealed"
    pack = zipfile.ZipFile(io.BytesIO(b"".join(read_frames(kept, context.keys, RAW_PURPOSE, WORK24.id))))
    assert [pack.read(name) for name in pack.namelist()] == [b"<a/>", b"<b/>"]

    none = landed_in(context, SEEKERS, rows_of(SEEKERS, 1), raw_files=[RawFile("s.csv", file)])
    assert not (none.folder / "raw").exists()
    assert landed_files(context.paths, SEEKERS.id) == landed_files(context.paths, ORGANISATIONS.id)


def test_no_file_outside_the_sealed_zone_holds_a_person(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    rows = [
        {**good_row(SEEKERS, n), "name": "남궁테스트", "resident_no": "870605-2094418", "email": "planted@person.kr",
         "phone": "010-8317-6604"} for n in range(3)
    ]  # fmt: skip
    landed_in(context, SEEKERS, rows, raw_files=[RawFile("s.csv", "남궁테스트".encode())])
    wanted = [w.encode() for w in ("남궁테스트", "870605", "2094418", "planted@person", "83176604", "8317-6604")]
    for path in context.paths.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [w for w in wanted if w in content], path
    table = duckdb.execute(f"SELECT * FROM '{context.paths.landing}/*/*/*/rows.parquet'").to_arrow_table()
    assert not [w for w in wanted if w.decode() in str(table.to_pylist())]


def test_manifest_tells_what_was_asked_and_counted(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    landed = landed_in(
        context,
        SEEKERS,
        rows_of(SEEKERS, 4),
        malformed=malformed(2),
        provider_totals={"rows": 6, "sums": {"renewal_no": 1.0}},
        request={"url": "file"},
    )
    manifest = landed.manifest
    assert (manifest["rows"], manifest["fetched"]) == (4, 6)
    assert manifest["sums"] == {"renewal_no": 1000 + 1001 + 1002 + 1003}
    assert (manifest["contract_version"], manifest["contract_digest"]) == (SEEKERS.version, SEEKERS.digest)
    assert (manifest["min_event_date"], manifest["max_event_date"]) == ("2026-09-21", "2026-09-24")
    assert manifest["request"] == {"url": "file"}
    assert len(manifest["malformed"]) == 2
    assert folder_of(context.paths, manifest) == landed.folder


def test_values_asked_for_stop_at_the_day(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    for number in range(3):
        day = DAY + timedelta(days=number)
        landed_in(context, ORGANISATIONS, rows_of(ORGANISATIONS, 2, number), delivery_date=day)
    names = landed_values(context.paths, ORGANISATIONS.id, "organisation_code", DAY + timedelta(days=1))
    assert names == ["organisation_code 0", "organisation_code 1", "organisation_code 2"]
    assert landed_values(context.paths, ORGANISATIONS.id, "organisation_code", date(2020, 1, 1)) == []


def test_memory_stays_moderate(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from tests.validation.support import *\n"
        "from ingest.registry import load_registry; source = load_registry()['insurance_events']\n"
        "context = context_in(Path(sys.argv[1])); delivery = delivery_of(source, [])\n"
        "part = next(iter(batches(source, [good_row(source, n) for n in range(5000)], 5000)))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "delivery.batches = iter([part] * 60)\n"
        "land(delivery, context, NOW, 'test')\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=root, check=True, capture_output=True, text=True
    )
    assert int(done.stdout) < 700, "MiB for 300,000 rows"
    assert len(loads(context_in(tmp_path).paths, EVENTS.id)) == 1
