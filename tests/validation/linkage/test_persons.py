"""Through door, sealed zone and result file: who may be linked is, each look is on record, and no person leaves."""

from __future__ import annotations

import json
import logging
import random
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest.delivery import FetchContext
from ingest.door import sealed_purpose
from ingest.registry import load_registry
from tests.validation.linkage.test_linker import person
from tests.validation.support import DAY, NOW, context_in, good_row, landed_in
from validation.linkage.linker import LinkageError
from validation.linkage.persons import COLUMNS, Linked, link_persons, model_version
from validation.run import validate

SEEKERS = load_registry()["seeker_registrations"]
CLIENTS = load_registry()["agency_clients"]
#: names that are words of no contract
PLANTED = "가온누리별"
WHO = {"reader": "kim", "reason": "monthly linkage", "now": NOW}


def number(row: dict[str, str]) -> str:
    born = row["birth_date"].replace("-", "")
    code = {"M": 1, "F": 2}[row["sex"]] + (2 if born >= "2000" else 0)
    return f"{born[2:]}-{code}{int(row['id']):06d}"


def client(n: int) -> str:
    return f"K{n:012d}"


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> FetchContext:
    """200 seekers, 150 of them clients. Seeker 3 and client 5 have not consented, seeker 7 takes consent back."""
    context = context_in(tmp_path_factory.mktemp("linkage"))
    draw = random.Random(11)
    people = [person(n, draw) for n in range(200)]
    people[0]["name"] = PLANTED
    seekers = [
        {
            **good_row(SEEKERS, n), **{k: row[k] for k in ("name", "phone", "address")}, "resident_no": number(row),
            "consent_statistics": "N" if n == 3 else "Y", "updated_at": "2026-09-01 09:00:00",
        }
        for n, row in enumerate(people)
    ]  # fmt: skip
    seekers.append(
        {**seekers[7], "seeker_reg_no": "R9999999999", "updated_at": "2026-09-20 09:00:00", "consent_statistics": "N"}
    )
    clients = [
        {
            **good_row(CLIENTS, n), **{k: row[k] for k in ("name", "birth_date", "phone", "address", "sex")},
            "client_id": client(n),
            "consent_statistics": "N" if n == 5 else "Y", "updated_at": "2026-09-02 09:00:00",
        }
        for n, row in enumerate(people[:150])
    ]  # fmt: skip
    for source, rows in ((SEEKERS, seekers), (CLIENTS, clients)):
        landed = landed_in(context, source, rows)
        assert validate(landed.folder, source, context.settings, now=NOW).status == "accepted"
    return context


def linked_in(zone: FetchContext) -> Linked:
    return link_persons(CLIENTS, SEEKERS, zone.paths, zone.keys, DAY, **WHO)


def test_who_consents_is_linked_to_the_token_of_the_resident_number(zone: FetchContext) -> None:
    linked = linked_in(zone)
    rows = pq.read_table(linked.path).to_pylist()
    draw = random.Random(11)
    people = [person(n, draw) for n in range(200)]
    token = {client(n): zone.keys.token("person", number(row).replace("-", "")) for n, row in enumerate(people)}
    right = [row for row in rows if token[row["record_id"]] == row["person_key"]]
    assert len(right) >= 145
    assert len(rows) == len(right) == linked.linked
    assert linked.records == 149
    assert not {row["record_id"] for row in rows} & {client(n) for n in (3, 5, 7)}


def test_only_token_and_probability_leave(zone: FetchContext) -> None:
    table = pq.read_table(linked_in(zone).path)
    assert tuple(table.column_names) == COLUMNS
    assert all(0 < p <= 1 for p in table["match_probability"].to_pylist())
    assert set(table["model_version"].to_pylist()) == {model_version()}


def test_the_same_input_gives_the_same_bytes(zone: FetchContext) -> None:
    first = linked_in(zone).path.read_bytes()
    assert linked_in(zone).path.read_bytes() == first


def test_no_value_of_a_person_is_printed_logged_or_stored(
    zone: FetchContext, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    linked = linked_in(zone)
    out, err = capfd.readouterr()
    told = "".join([out, err, caplog.text, repr(linked)])
    assert PLANTED not in told
    for file in zone.paths.home.rglob("*"):
        if file.is_file():
            assert PLANTED.encode() not in file.read_bytes(), file


def test_each_register_opened_is_on_record_with_who_and_why(zone: FetchContext) -> None:
    log = zone.paths.sealed / "access.ndjson"
    before = len(log.read_text().splitlines()) if log.exists() else 0
    linked_in(zone)
    entries = [json.loads(line) for line in log.read_text().splitlines()[before:]]
    assert [(e["reader"], e["reason"], e["purpose"], e["source"]) for e in entries] == [
        ("kim", "monthly linkage", "linkage", "agency_clients"),
        ("kim", "monthly linkage", "linkage", "seeker_registrations"),
    ]


def test_without_a_reason_nothing_is_opened(zone: FetchContext) -> None:
    with pytest.raises(ValueError, match="a reader and a reason"):
        link_persons(CLIENTS, SEEKERS, zone.paths, zone.keys, DAY, reader="kim", reason=" ", now=NOW)


def test_a_list_nobody_delivered_links_nobody(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    linked = link_persons(CLIENTS, SEEKERS, context.paths, context.keys, DAY, **WHO)
    assert (linked.records, linked.linked) == (0, 0)
    assert tuple(pq.read_table(linked.path).column_names) == COLUMNS


def test_a_source_says_how_it_is_linked(zone: FetchContext) -> None:
    with pytest.raises(LinkageError, match="add `linkage`"):
        link_persons(replace(CLIENTS, linkage=None), SEEKERS, zone.paths, zone.keys, DAY, **WHO)
    with pytest.raises(LinkageError, match="without resident numbers"):
        link_persons(SEEKERS, CLIENTS, zone.paths, zone.keys, DAY, **WHO)


def test_a_register_to_be_linked_is_sealed_for_linkage() -> None:
    assert sealed_purpose(CLIENTS) == "linkage"
    assert sealed_purpose(replace(CLIENTS, linkage=None)) == "contacts"
