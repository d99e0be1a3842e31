"""Text from outside stays text in every format; what is live is found by ``tests.payloads``."""

from __future__ import annotations

import contextlib
import csv
import json
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest

from exports.package.spec import package_of
from exports.package.tables import write_table
from lmi.core.inert import inert, inert_json, inert_sql, segment
from tests.payloads import CSV, FORMULA, HTML, PATH, PAYLOADS, live, live_below, planted

TEXTS = planted("사무원")


def test_there_are_sixty_and_each_would_do_harm(tmp_path: Path) -> None:
    """The looking itself: every payload written without care is found live."""
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 60
    page, cells, book, plain = (tmp_path / name for name in ("a.html", "a.csv", "a.xlsx", "a.json"))
    for payload in HTML:
        page.write_text(
            f'<html lang="ko"><title>x</title><p title="{payload}" class=\'{payload}\'>{payload}</p></html>'
        )
        plain.write_text(json.dumps([payload]))
        assert live(page), payload
        assert live(plain) or "<" not in payload
    for payload in FORMULA:
        with cells.open("w", newline="") as out:
            csv.writer(out).writerow([payload])
        assert live(cells), payload
    for payload in CSV:
        cells.write_text(f"name,n\n{payload},1\n", newline="")
        with contextlib.suppress(csv.Error):  # broken out of its cell
            assert live(cells), payload
    for payload in PATH:
        with pytest.raises(ValueError, match="cannot be part of a file name"):
            segment(payload)
    sheet = openpyxl.Workbook()
    sheet.active["A1"] = "=1+1"
    sheet.save(book)
    assert live(book)


def test_a_table_of_payloads_is_written_inert_and_complete(tmp_path: Path) -> None:
    con = duckdb.connect()
    con.register("texts", pd.DataFrame({"code": [f"C{n}" for n in range(len(TEXTS))], "label": TEXTS, "n": -1}))
    con.execute("create temp table planted as from texts")
    label = {"ko": "이름", "en": "Name"}
    columns = {"code": {"type": "varchar", "required": True}, "label": {"type": "varchar"}, "n": {"type": "bigint"}}
    tables = {"planted": {"model": "texts", "label": label, "key": ["code"], "columns": columns}}
    entry = {"name": "x", "version": "1.0.0", "product": "default", "label": label, "description": label, "codes": {}}
    write_table(con, package_of(entry | {"tables": tables}, tmp_path).table("planted"), tmp_path)
    assert live_below(tmp_path) == []
    wanted = {f"C{n}": text for n, text in enumerate(TEXTS)}
    assert {r["code"]: r["label"] for r in json.loads((tmp_path / "planted.json").read_text("utf-8"))} == wanted
    assert dict(con.execute(f"select code, label from '{tmp_path}/planted.parquet'").fetchall()) == wanted
    with (tmp_path / "planted.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["code"]: row["label"] for row in rows} == {code: inert(text) for code, text in wanted.items()}
    assert {row["n"] for row in rows} == {"-1"}


def test_sql_and_python_guard_the_same_texts() -> None:
    con = duckdb.connect()
    con.register("planted", pd.DataFrame({"label": [*TEXTS, "사무원", "C-1", "3.5", ""]}))
    for label, guarded in con.execute(f"select label, {inert_sql('label')} from planted").fetchall():
        assert guarded == inert(label), label


def test_ordinary_text_is_untouched() -> None:
    for text in ("사무원", "C++ 개발자", "a=b", "(주)가나", "1-2", "Q&A"):
        assert inert(text) == text
    assert inert_json(b'["<b>", "Q&A"]') == b'["\\u003cb\\u003e", "Q\\u0026A"]'
    assert json.loads(inert_json(json.dumps(TEXTS).encode())) == TEXTS
    assert segment("registrations_2026-09.csv")
