"""Readers: encodings, shapes, archives. Bad inputs are files in ``bad_inputs`` with what must become of each."""

from __future__ import annotations

import gzip
import json
import stat
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.delivery import FetchError
from ingest.readers import read_file
from ingest.readers.layout import Layout, Tally
from tests.ingest.connector_support import BAD_INPUTS, toy_source

EXPECTED = json.loads((BAD_INPUTS / "expected.json").read_text(encoding="utf-8"))["files"]


def rows_of(path: Path, tally: Tally | None = None, **spec: Any) -> list[dict[str, Any]]:
    kind = {".json": "json", ".csv": "csv", ".ndjson": "ndjson", ".xlsx": "xlsx", ".parquet": "parquet"}
    suffix = [s for s in path.suffixes if s in kind][-1]
    spec = {"format": kind[suffix], **spec}
    source = toy_source(spec)
    return [r for b in read_file(path, Layout(source), spec, tally or Tally()) for r in b.to_pylist()]


@pytest.mark.parametrize("name", EXPECTED)
def test_bad_inputs(name):
    expected, tally = EXPECTED[name], Tally()
    if "refused" in expected:
        with pytest.raises(FetchError) as caught:
            rows_of(BAD_INPUTS / name, tally, encoding=expected["encoding"])
        assert caught.value.code == expected["refused"]
        assert expected["says"] in str(caught.value)
        return
    rows = rows_of(BAD_INPUTS / name, tally, encoding=expected["encoding"])
    assert [r["code"] for r in rows] == expected["codes"]
    assert [r["_row"] for r in rows] == expected["rows"]
    assert [m.row for m in tally.malformed] == expected["malformed"]
    assert tally.fetched == len(rows) + len(expected["malformed"])


def test_every_bad_input_is_expected_somewhere():
    named = {
        n for part in json.loads((BAD_INPUTS / "expected.json").read_text(encoding="utf-8")).values() for n in part
    }
    assert {p.name for p in BAD_INPUTS.iterdir()} - {"README.md", "expected.json"} == named


def test_csv_keeps_quoted_line_breaks_and_says_which_columns_came(tmp_path):
    path, tally = tmp_path / "a.csv", Tally()
    path.write_text('code,name,surprise\n1,"서울\n중구, ""본관""",x\n', encoding="euc-kr")
    rows = rows_of(path, tally, encoding="euc-kr")
    assert rows == [
        {"code": "1", "place": '서울\n중구, "본관"', "amount": None, "noted_on": None, "_page": 1, "_row": 1}
    ]
    assert tally.columns_seen == {"code", "place", "surprise"}


def test_an_empty_day_is_a_header_without_rows(tmp_path):
    path, tally = tmp_path / "a.csv", Tally()
    path.write_text("code,name,amount,noted_on\n")
    assert rows_of(path, tally) == []
    assert tally.columns_seen == {"code", "place", "amount", "noted_on"}


def test_csv_across_many_blocks_keeps_row_numbers(tmp_path):
    path, tally = tmp_path / "a.csv.gz", Tally()
    lines = [f"{n},{'값' * 60}\n" if n % 20_000 else f"{n}\n" for n in range(1, 60_001)]
    path.write_bytes(gzip.compress(("code,name\n" + "".join(lines)).encode("cp949"), 1))
    rows = rows_of(path, tally, encoding="cp949")
    assert [m.row for m in tally.malformed] == [20_000, 40_000, 60_000]
    assert all(r["code"] == str(r["_row"]) for r in rows)
    assert len(rows) == 59_997


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
def test_a_character_cut_by_a_block_border_is_no_bad_byte(tmp_path, encoding):
    path = tmp_path / "a.csv"
    text = "code,name\n1," + "a" * ((1 << 20) - 13) + "한글\n"
    path.write_bytes(text.encode(encoding))
    assert rows_of(path, encoding=encoding)[0]["place"].endswith("a한글")
    path.write_bytes(text.encode(encoding)[:-2])
    with pytest.raises(FetchError) as caught:
        rows_of(path, encoding=encoding)
    assert caught.value.code == "bad_bytes"


def test_tab_separated_text_without_quoting(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('code\tname\n1\t5" nail\n2\tplain\n')
    assert [r["place"] for r in rows_of(path, delimiter="\t", quoting=False)] == ['5" nail', "plain"]


def test_ndjson_reaches_into_objects_and_keeps_json(tmp_path):
    labels = {"ko": "시험", "en": "Test"}
    columns = [
        {"name": "code", **labels},
        {"name": "city", "wire": "at.city", **labels},
        {"name": "tags", "logicalType": "json", **labels},
    ]
    path, tally = tmp_path / "a.ndjson", Tally()
    path.write_text(
        '{"@type":"x","code":7,"at":{"city":"서울","zip":"1"},"tags":["a",{"b":true}]}\n'
        '{"code":true,"at":null,"tags":null}\n{"code":[1,2],"new":null,"tags":"a"}\n',
        encoding="utf-8",
    )
    spec = {"format": "ndjson"}
    source = toy_source(spec, columns=columns)
    rows = [r for b in read_file(path, Layout(source), spec, tally) for r in b.to_pylist()]
    assert [r["code"] for r in rows] == ["7", "true", "[1,2]"]
    assert [r["city"] for r in rows] == ["서울", None, None]
    assert [r["tags"] for r in rows] == ['["a",{"b":true}]', None, '"a"']
    assert tally.columns_seen == {"code", "city", "tags", "at.zip", "new"}


def test_ndjson_spots_a_key_that_comes_late_and_a_line_cut_between_chunks(tmp_path):
    path, tally = tmp_path / "a.ndjson.gz", Tally()
    lines = [json.dumps({"code": str(n), "name": "값" * 80}, ensure_ascii=False) for n in range(40_000)]
    lines[-1] = '{"code":"39999","late":1}'
    path.write_bytes(gzip.compress("\n".join(lines).encode(), 1))
    rows = rows_of(path, tally)
    assert [r["code"] for r in rows] == [str(n) for n in range(40_000)]
    assert [r["_row"] for r in rows] == list(range(1, 40_001))
    assert tally.columns_seen == {"code", "place", "late"}


def test_json_document_with_records_inside_items(tmp_path):
    path = tmp_path / "a.json.gz"
    document = {"hits": {"hits": [{"_id": 1, "_source": {"code": 5, "name": "서\x07울"}}, {"_source": {"code": 6}}]}}
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    tally = Tally()
    rows = rows_of(path, tally, items="hits.hits", record="_source")
    assert [(r["code"], r["_row"]) for r in rows] == [("5", 1), ("6", 2)]
    assert tally.columns_seen == {"code", "place"}


def workbook(path: Path, *lines: list[Any]) -> Path:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)
    return path


def test_xlsx_cells_become_the_text_a_csv_would_hold(tmp_path):
    path, tally = tmp_path / "a.xlsx", Tally()
    workbook(
        path,
        ["code", " name ", "amount", "noted_on"],
        [1234567890, "서울", 1.5, date(2026, 10, 1)],
        [None, None, None, None],
        [2.0, True, 3.0, datetime(2026, 10, 2, 8, 30)],
        ["x", "y", 1, None, "too much"],
    )
    rows = rows_of(path, tally)
    assert [[r[c] for c in ("code", "place", "amount", "noted_on", "_row")] for r in rows] == [
        ["1234567890", "서울", "1.5", "2026-10-01", 1],
        ["2", "true", "3", "2026-10-02 08:30:00", 2],
    ]
    assert [m.row for m in tally.malformed] == [3]


def test_xlsx_formula_without_value_is_refused_and_names_the_cell(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ["code", "amount"], ["1", 5], ["2", "=B2*2"])
    with pytest.raises(FetchError, match="cell B3") as caught:
        rows_of(path)
    assert caught.value.code == "formula"


def test_xlsx_sheet_must_exist(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ["code"], ["1"])
    with pytest.raises(FetchError, match="no sheet 'Data'"):
        rows_of(path, sheet="Data")


def test_a_damaged_workbook_is_refused_wherever_the_damage_is(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ["code", "name"], *([str(n), f"값 {n * 7919 % 1000}"] for n in range(300)))
    whole = path.read_bytes()
    codes = set()
    for at in range(40, len(whole) - 40, len(whole) // 25):
        path.write_bytes(whole[:at] + bytes(b ^ 0x55 for b in whole[at : at + 40]) + whole[at + 40 :])
        try:
            rows_of(path)
        except FetchError as error:
            codes.add(error.code)
    assert "xlsx" in codes
    assert codes <= {"xlsx", "bad_archive", "archive_path", "archive_encrypted", "archive_bomb", "header", "xml_dtd"}


def test_xlsx_with_a_document_type_is_refused(tmp_path):
    plain, path = workbook(tmp_path / "plain.xlsx", ["code"], ["1"]), tmp_path / "a.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            data = old.read(member)
            new.writestr(
                member,
                b"<!--" + b" " * 70_000 + b'--><!DOCTYPE x [<!ENTITY a "b">]>' + data if "sheet1" in member else data,
            )
    with pytest.raises(FetchError) as caught:
        rows_of(path)
    assert caught.value.code == "xml_dtd"


def test_parquet_values_become_text(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "code": pa.array([1, 2], pa.int32()),
            "name": pa.array(["서울", None]).dictionary_encode(),
            "amount": pa.array([3.0, None]),
            "noted_on": pa.array([date(2026, 10, 1), None]),
        }
    )
    pq.write_table(table, path)
    rows = rows_of(path)
    assert [list(r.values())[:4] for r in rows] == [["1", "서울", "3", "2026-10-01"], ["2", None, None, None]]


def test_parquet_timestamps_decimals_and_lists(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "code": pa.array([datetime(2026, 10, 1, 9, 30, tzinfo=UTC)], pa.timestamp("us", "Asia/Seoul")),
            "name": pa.array([["a", "b"]]),
            "amount": pa.array([Decimal("1.50")]),
            "noted_on": pa.array([datetime(2026, 10, 1, 9, 30)], pa.timestamp("us")),
        }
    )
    pq.write_table(table, path)
    row = rows_of(path)[0]
    assert row["code"] == "2026-10-01 09:30:00+00:00"
    assert row["place"] == '["a", "b"]'
    assert row["amount"] == "1.50"
    assert row["noted_on"] == "2026-10-01 09:30:00"


def test_damaged_parquet_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    with pytest.raises(FetchError) as caught:
        rows_of(path)
    assert caught.value.code == "parquet"


# --- archives


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def refusal(path: Path, **spec: Any) -> str:
    with pytest.raises(FetchError) as caught:
        rows_of(path, **spec)
    return caught.value.code


CSV = b"code,name\n1,a\n"


def test_a_zip_of_one_file_is_read(tmp_path):
    assert [r["code"] for r in rows_of(zipped(tmp_path / "a.csv.zip", **{"in/a.csv": CSV}))] == ["1"]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"../a.csv": CSV}, "archive_path"),
        ({"/etc/a.csv": CSV}, "archive_path"),
        ({"..\\a.csv": CSV}, "archive_path"),
        ({"C:\\a.csv": CSV}, "archive_path"),
        ({"a.zip": CSV}, "archive_nested"),
        ({"a.csv.gz": CSV}, "archive_nested"),
        ({"a.csv": CSV, "b.csv": CSV}, "archive_members"),
        ({}, "archive_members"),
    ],
)
def test_unsafe_or_unclear_zips_are_refused(tmp_path, members, code):
    assert refusal(zipped(tmp_path / "a.csv.zip", **members)) == code


def test_a_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        link = zipfile.ZipInfo("a.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert refusal(tmp_path / "a.csv.zip") == "archive_path"


def test_a_zip_that_says_it_is_a_bomb_is_refused_before_reading(tmp_path):
    assert refusal(zipped(tmp_path / "a.csv.zip", **{"a.csv": CSV + b"0" * (40 << 20)})) == "archive_bomb"


def test_a_zip_that_lies_about_its_size_is_refused_while_reading(tmp_path):
    path = zipped(tmp_path / "a.csv.zip", **{"a.csv": CSV + b"0" * 100_000})
    assert refusal(path, limits={"max_bytes": 50_000}) == "archive_bomb"


def test_a_gzip_bomb_is_refused_while_it_unpacks(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"code,name\n" + (b"1," + b"a" * 4000 + b"\n") * 12_000))
    assert refusal(path) == "archive_bomb"


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_a_cut_off_or_false_gzip_is_refused(tmp_path, kind):
    path = tmp_path / f"a.{kind}.gz"
    body = CSV * 1000 if kind == "csv" else b'{"code":"1"}\n' * 1000
    path.write_bytes(gzip.compress(body)[:-20])
    assert refusal(path) == "bad_archive"
    path.write_bytes(b"<html>not a gzip</html>")
    assert refusal(path) == "bad_archive"


def test_an_xlsx_is_guarded_like_a_zip(tmp_path):
    path = zipped(tmp_path / "a.xlsx", **{"xl/worksheets/sheet1.xml": b"<a/>" + b" " * (40 << 20)})
    assert refusal(path) == "archive_bomb"


def test_postings_of_a_file_in_both_dialects(tmp_path):
    labels = {"ko": "시험", "en": "Test"}
    columns = [
        {"name": "code", "wire": "identifier", **labels},
        {"name": "employer", "wire": "hiringOrganization.name", **labels},
        {"name": "wage_min", "wire": "baseSalary.value.minValue", **labels},
        {"name": "wage_max", "wire": "baseSalary.value.maxValue", **labels},
        {"name": "street", "wire": "jobLocation.address.streetAddress", **labels},
        {"name": "kind", "wire": "employmentType", **labels},
    ]
    posting = {
        "@context": "https://schema.org", "@type": "JobPosting",
        "identifier": {"@type": "PropertyValue", "name": "x", "value": "P1"},
        "hiringOrganization": "가나", "baseSalary": {"@type": "MonetaryAmount", "value": 3000000},
        "jobLocation": [{"address": "서울 중구"}, {"address": "부산"}], "employmentType": ["FULL_TIME", "CONTRACTOR"],
    }  # fmt: skip
    path, tally = tmp_path / "a.ndjson", Tally()
    lines = [
        json.dumps(posting),
        "not json",
        json.dumps({"@graph": [{"@type": "WebPage"}, {**posting, "identifier": "P2"}]}),
    ]
    path.write_text("\n".join(lines) + "\n")
    spec = {"format": "jobposting"}
    source = toy_source(spec, columns=columns)
    rows = [r for b in read_file(path, Layout(source), spec, tally) for r in b.to_pylist()]
    expected = ["P1", "가나", "3000000", "3000000", "서울 중구", "FULL_TIME,CONTRACTOR"]
    assert [list(r.values())[:6] for r in rows] == [expected, ["P2", *expected[1:]]]
    assert [m.row for m in tally.malformed] == [2]
    assert tally.columns_seen == {"code", "employer", "wage_min", "wage_max", "street", "kind"}
    early = {"format": "jobposting", "dialect": "early"}
    read = [r for b in read_file(path, Layout(source), early, Tally()) for r in b.to_pylist()]
    assert read[0]["employer"] is None
