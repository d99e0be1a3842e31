"""Titles of postings that came without a code: who is asked, what is kept, and that reviewers' words land and win."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dbt_project.build import create_warehouse, plan
from dbt_project.judged import CODING_SHAPE
from ingest.delivery import FetchContext
from ingest.registry import load_registry
from tests.validation.coding.support import trained
from tests.validation.support import DAY, NOW, Row, context_in, good_row, landed_in
from validation.coding.coder import save
from validation.coding.corrections import known_corrections
from validation.coding.postings import asked_on, code_postings
from validation.run import validate

POSTINGS, CORRECTIONS = "jobposting_schemaorg", "title_corrections"


def accepted(context: FetchContext, source_id: str, rows: list[Row]) -> dict:
    source = load_registry()[source_id]
    landed = landed_in(context, source, rows)
    outcome = validate(landed.folder, source, context.settings, now=NOW)
    assert outcome.status == "accepted", outcome.reason
    return outcome.counts


def posting(n: int, title: str, code: str | None = None) -> Row:
    row = good_row(load_registry()[POSTINGS], n)
    return {**row, "posting_id": f"{n:032x}", "title": title, "onet_code": code}


def corrected(title: str, code: str, version: int = 1, day: str = "2026-09-20") -> Row:
    return {
        "scheme": "SOC", "title": title, "code": code, "version": str(version), "reviewer_id": "R001",
        "corrected_date": day, "corrected_at": f"{day} 10:00:00", "received_date": day,
    }  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> FetchContext:
    """Five postings: one with a code, two of one listed title, one nobody could code, one that the coder knows."""
    context = context_in(tmp_path)
    context = replace(context, settings=replace(context.settings, profile="real"))
    rows = [
        posting(1, "Line Cook", "35-2011.00"), posting(2, "Line Cook"), posting(3, "Line Cook"),
        posting(4, "qqq zzz"), posting(5, "tanker truck driver"),
    ]  # fmt: skip
    accepted(context, POSTINGS, rows)
    return context


def coded(context: FetchContext) -> dict[str, tuple]:
    (asked,) = [each for each in asked_on(context.settings, DAY) if each.scheme == "SOC"]
    rows = [row for file in asked.files for row in pq.read_table(file).to_pylist()]
    assert len({row["title"] for row in rows}) == len(rows)
    return {row["title"]: (row["decision"], row["occupation_code"], row["basis"]) for row in rows}


def test_without_a_coder_nothing_is_coded_and_says_so(home: FetchContext, tmp_path: Path) -> None:
    assert code_postings(home.settings, DAY) == {"SOC": {"reason": "no coder has been trained"}}
    create_warehouse(plan(home.settings, DAY), tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        found = con.execute("SELECT * FROM landing._coded_titles").to_arrow_table()
    assert (found.column_names, found.num_rows) == (list(CODING_SHAPE), 0)


def test_only_titles_without_a_code_are_coded_and_each_once(home: FetchContext, tmp_path: Path) -> None:
    save(trained(), home.paths)
    before = plan(home.settings, DAY).release_id
    assert code_postings(home.settings, DAY) == {"SOC": {"coded": 2, "abstained": 1}}
    assert coded(home) == {
        "Line Cook": ("coded", "35-2014", "listed"),
        "qqq zzz": ("abstained", None, "model"),
        "tanker truck driver": ("coded", "53-3032", "model"),
    }
    assert code_postings(home.settings, DAY) == {}
    accepted(home, POSTINGS, [posting(6, "ward nurse"), posting(7, "Line Cook")])
    assert code_postings(home.settings, DAY) == {"SOC": {"coded": 1}}
    planned = plan(home.settings, DAY)
    assert planned.release_id != before
    create_warehouse(planned, tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        rows = con.execute(
            "SELECT source_id, title, occupation_scheme, confidence IS NOT NULL FROM landing._coded_titles ORDER BY ALL"
        ).fetchall()
    assert rows == [
        (POSTINGS, title, "SOC", True) for title in ("Line Cook", "qqq zzz", "tanker truck driver", "ward nurse")
    ]


def test_landed_corrections_win_and_a_wrong_row_goes_to_quarantine(home: FetchContext) -> None:
    save(trained(), home.paths)
    code_postings(home.settings, DAY)
    counts = accepted(
        home,
        CORRECTIONS,
        [
            corrected("LINE cook", "37-2011"),
            corrected("QQQ-zzz", "29-1141"),
            corrected("QQQ-zzz", "15-1252", version=2, day="2026-09-25"),
            corrected("janitor", "no code"),
            corrected("cleaner", "2011"),  # a code of KECO: the contract cannot see it, the reader does
        ],
    )
    assert (counts["accepted"], counts["quarantined"]) == (4, 1)
    assert {c.title: c.code for c in known_corrections(home.settings, DAY)} == {
        "LINE cook": "37-2011",
        "QQQ-zzz": "15-1252",
    }
    assert code_postings(home.settings, DAY) == {"SOC": {"coded": 3}}
    assert coded(home) == {
        "Line Cook": ("coded", "37-2011", "corrected"),
        "qqq zzz": ("coded", "15-1252", "corrected"),
        "tanker truck driver": ("coded", "53-3032", "model"),
    }
    assert known_corrections(home.settings, DAY.replace(day=1, month=9)) == []
