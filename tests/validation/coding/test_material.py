"""What is learnt from: layouts of files, landed classifications, and corrections of reviewers."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.registry import load_registry
from lmi.core.paths import Paths
from tests.validation.coding.support import DAY, corrections_of
from tests.validation.support import NOW, context_in, good_row, landed_in
from validation.coding.corrections import in_force, keep, kept_corrections, read_corrections
from validation.coding.material import Known, Material, gather, read_file
from validation.coding.schemes import SCHEMES, CodingError, SchemeError, scheme_of
from validation.run import validate

HEAD = "title,scheme,code,reviewer,date\n"


def read(scheme: str, path: Path, content: str | bytes, **labels: str) -> Material:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    material = Material(SCHEMES[scheme], labels=dict(labels))
    material.add(read_file(path, material))
    return material


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    made = read(
        "SOC", tmp_path / "own.csv", "code,title,label,text\n35-2014,Line Cook,Cooks,Fries eggs; cleans.\n99,x,,\n"
    )
    assert made.titles == {("line cook", "35-2014")}
    assert made.texts == {("fries eggs cleans", "35-2014"), ("fries eggs", "35-2014"), ("cleans", "35-2014")}
    assert made.labels == {"35-2014": "Cooks"}
    assert made.left_out == {"not a code of SOC": 1}


def test_esco_the_index_of_ksic_and_the_dictionary(tmp_path: Path) -> None:
    row = {"iscoGroup": "2654", "preferredLabel": "technical director", "altLabels": "head of technical\nstage chief"}
    made = read("ISCO", tmp_path / "esco.ndjson", json.dumps(row))
    assert made.titles == {(t, "2654") for t in ("technical director", "head of technical", "stage chief")}
    packed = gzip.compress(json.dumps([{"code": "01110", "term": "벼재배", "itemName": "곡물 재배업"}]).encode())
    made = read("KSIC", tmp_path / "index.json.gz", packed)
    assert (made.titles, made.labels) == ({("벼재배", "01110")}, {"01110": "곡물 재배업"})
    dictionary = (
        "dJobNm,dJobECd,dJobECdNm,similarNm,workSum\n"
        '한식조리장,5311,[5311]한식 조리사,"한식주방장, 한식요리사",음식을 만든다\n'
        "봉수대지기,9999,[9999]없어진 직업,,\n"
    )
    made = read("KECO", tmp_path / "dictionary.csv", dictionary, **{"5301": "한식조리사"})
    assert made.titles == {("한식조리장", "5301"), ("한식주방장", "5301"), ("한식요리사", "5301")}
    assert sum(made.left_out.values()) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no rows"),
        (b"name,value\na,b\n", "none of the columns"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"{broken\n", "one JSON object per line"),
        (b"[1]", "entry 1 is no object"),
        (b"\x1f\x8bbroken", "gzip"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(CodingError, match=said) as error:
        read("SOC", tmp_path / "bad", content)
    assert "bad" in str(error.value)


def test_material_comes_from_the_latest_landed_classification(tmp_path: Path) -> None:
    context = context_in(tmp_path)

    def arrived(source_id: str, rows: list[dict[str, Any]], day: date) -> None:
        source = load_registry()[source_id]
        rows = [good_row(source, number) | row for number, row in enumerate(rows)]
        landed = landed_in(context, source, rows, delivery_date=day)
        assert validate(landed.folder, source, context.settings, now=NOW).status == "accepted"

    arrived("onet_occupations", [{"onet_code": "35-2014.00", "title": "Old name", "description": "Old."}], DAY)
    later = date(2026, 10, 2)
    arrived("onet_occupations", [
        {"onet_code": "35-2014.00", "title": "Cooks", "description": "Prepare food."},
        {"onet_code": "29-1141.00", "title": "Nurses", "description": "Give care."},
        {"onet_code": "29-1141.01", "title": "Acute Nurses", "description": "Give acute care."},
    ], later)  # fmt: skip
    arrived("onet_alternate_titles", [
        {"onet_code": "35-2014.00", "alternate_title": "Line Cook", "short_title": "n/a", "title_sources": "02"},
        {"onet_code": "29-1141.01", "alternate_title": "Charge Nurse (CN)", "short_title": "CN", "title_sources": "02"},
    ], later)  # fmt: skip
    found = gather(context.settings, SCHEMES["SOC"], later)
    assert found.titles == {
        ("cooks", "35-2014"), ("line cook", "35-2014"), ("nurses", "29-1141"), ("acute nurses", "29-1141"),
        ("charge nurse cn", "29-1141"), ("cn", "29-1141"),
    }  # fmt: skip
    assert found.labels == {"35-2014": "Cooks", "29-1141": "Nurses"}
    assert ("give acute care", "29-1141") in found.texts
    with pytest.raises(CodingError, match="land onet_occupations"):
        gather(context.settings, SCHEMES["SOC"], DAY)  # one code only, the day before
    with pytest.raises(CodingError, match="--from"):
        gather(context.settings, SCHEMES["ISCO"], later)


def test_the_last_word_of_reviewers_holds(tmp_path: Path) -> None:
    text = HEAD + (
        "Line Cook,SOC,35-2014,kim,2026-09-01\n"
        "line-cook,SOC,37-2011,lee,2026-09-03\n"
        "LINE COOK,SOC,29-1141,kim,2026-09-02\n"
        "line cook,ISCO,5120,kim,2026-09-04\n"
    )
    assert corrections_of(tmp_path / "c.csv", text) == {"line cook": "37-2011"}
    found = read_corrections(tmp_path / "c.csv", DAY)
    assert in_force(found, "SOC", date(2026, 9, 2)) == {"line cook": "29-1141"}
    paths = Paths(tmp_path / "home", tmp_path)
    assert keep(paths, found) == keep(paths, reversed(found))
    assert sorted(kept_corrections(paths)) == sorted(found)
    same_day = HEAD + "a,SOC,35-2014,lee,2026-09-01\na,SOC,37-2011,kim,2026-09-01\n"
    assert corrections_of(tmp_path / "d.csv", same_day) == {"a": "35-2014"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("cook,SOC,35-2014,kim,", "row 2: no date"),
        ("cook,SOC,35-2014,,2026-09-01", "no reviewer"),
        ("cook,NOC,35-2014,kim,2026-09-01", "scheme NOC"),
        ("cook,SOC,352014,kim,2026-09-01", "352014 is no code of SOC"),
        ("cook,SOC,35-2014,kim,1.9.2026", "no day"),
        ("cook,SOC,35-2014,kim,2026-10-02", "still to come"),
        ("--,SOC,35-2014,kim,2026-09-01", "no letters"),
    ],
)
def test_one_wrong_correction_refuses_the_file(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"{HEAD}cook,SOC,35-2014,kim,2026-09-01\n{row}\n", "utf-8")
    with pytest.raises(CodingError, match=said):
        read_corrections(path, DAY)


def test_a_correction_takes_the_place_of_what_was_known() -> None:
    material = Material(SCHEMES["SOC"])
    material.add(Known(code, "Line Cook") for code in ("35-2014", "35-2011"))
    before = material.digest
    material.correct({"line cook": "37-2011"})
    assert material.titles == {("line cook", "37-2011")}
    assert material.digest != before


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(SchemeError, match="KECO, SOC, ISCO, KSIC"):
        scheme_of("soc")
