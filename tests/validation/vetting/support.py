"""Judges single postings through the whole of the vetting: an innocent posting, changed in what a test is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from ingest.typing_sql import ident, literal
from validation.vetting.context import OWN_TABLES, REGISTERS, answer
from validation.vetting.judge import empty_tables, judge
from validation.vetting.matching import text_hits
from validation.vetting.postings import CANONICAL, parsed_date_sql
from validation.vetting.reading import TEXTS, read_texts
from validation.vetting.rules import RuleSet, TextCondition, load_rules

#: nothing is wrong with it, in the profile of the public service
INNOCENT: dict[str, Any] = {
    "posting_id": "K100026030200001",
    "submitted_date": "2026-03-02",
    "channel_code": "ONLINE",
    "title": "장부 정리 사무원 모집",
    "duties": "전표를 입력하고 세금계산서를 발행하며 월말 결산 자료를 정리합니다. 4대 보험에 가입하고 점심을 드립니다."
    " 채용 절차가 끝나면 제출 서류를 돌려드립니다.",
    "employer_name": "한빛식품",
    "business_no": "1014769229",
    "workplace_no": "10147692290",
    "industry_code": "10742",
    "occupation_scheme": "KECO",
    "occupation_code": "027200",
    "region_code": "11140",
    "work_address": "서울특별시 중구 세종대로 110",
    "country_code": "KR",
    "employment_type_code": "10",
    "wage_text": "월 2,800,000원",
    "wage_type_code": "M",
    "wage_min": 2800000,
    "wage_max": 0,
    "wage_currency": "KRW",
    "working_hours_text": "09:00~18:00 (주 40시간, 휴게 1시간)",
    "weekly_hours": 40,
    "career_code": "Z",
    "education_code": "00",
    "openings": 1,
    "start_date": "2026-04-01",
    "close_date": "2026-03-20",
    "close_date_text": "26-03-20",
    "has_image": False,
    "has_contact_phone": True,
    "has_contact_email": True,
    "contact_phone_key": "p1_00000000000000000000000000000000",
}  # fmt: skip
#: what the registers say about its employer
ANSWERS: dict[str, Any] = {
    "nts_status_code": "01",
    "nts_checked_date": "2026-03-03",
    "is_workplace_extinct": False,
    "register_name": "(주)한빛식품",
    "name_similarity": 1.0,
    "insured_headcount": 12,
    "headcount_known": True,
    "employer_first_seen": "2015-04-01",
}


@dataclass(frozen=True)
class Judged:
    """What came of one posting."""

    decision: str
    primary_code: str | None
    reasons: list[str]
    findings: list[dict[str, Any]]

    def of(self, rule_id: str) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["rule_id"] == rule_id]


@dataclass(frozen=True)
class Case:
    """An innocent posting with changes; ``context`` overrides what registers and calculations say."""

    posting: Mapping[str, Any]
    context: Mapping[str, Any]


def _value(value: Any, kind: str) -> str:
    return f"NULL::{kind}" if value is None else f"{literal(str(value))}::{kind}"


def judge_cases(
    cases: Iterable[Case],
    profile: str = "KR_PUBLIC",
    *,
    rules: RuleSet | None = None,
    carried: frozenset[str] = frozenset(CANONICAL),
    registers: frozenset[str] = OWN_TABLES | frozenset(REGISTERS),
    known: frozenset[str] = OWN_TABLES | frozenset(REGISTERS),
    then: Callable[[duckdb.DuckDBPyConnection], None] = lambda con: None,
) -> tuple[list[Judged], list[dict[str, Any]]]:
    """Results in the order of ``cases``, and the coverage. Blank texts are NULL, as in canonical postings.

    ``then`` is called with the judge's tables still there.
    """
    cases = list(cases)
    with duckdb.connect() as con:
        empty_tables(con)
        rows = []
        for number, case in enumerate(cases):
            values = INNOCENT | {"posting_id": f"K1000260302{number:05d}"} | dict(case.posting)
            if "close_date_text" in case.posting and "close_date" not in case.posting:
                values["close_date"] = None
            columns = [f"{_value(values.get(name), kind)} AS {name}" for name, kind in CANONICAL.items()]
            key = f"{number} AS posting_no, 'toy' AS source_id, '{number:032x}' AS record_hash"
            rows.append(f"SELECT {key}, {', '.join(columns)}")
        blank = ", ".join(
            f"CASE WHEN trim({n}, ' \t\n\r') <> '' THEN {n} END AS {n}" for n, k in CANONICAL.items() if k == "VARCHAR"
        )
        con.execute(
            f"CREATE OR REPLACE TABLE posting AS SELECT * REPLACE ({blank},"
            f" coalesce(close_date, {parsed_date_sql('close_date_text')}) AS close_date)"
            f" FROM ({' UNION ALL '.join(rows)}) ORDER BY posting_no"
        )
        con.execute("CREATE OR REPLACE VIEW known_posting AS SELECT * FROM posting WHERE false")
        answer(con, carried)
        con.execute("UPDATE context SET duplicate_of = NULL, duplicate_similarity = NULL, duplicate_kind = NULL")
        for number, case in enumerate(cases):
            said = ANSWERS | dict(case.context)
            changes = ", ".join(f"{ident(n)} = {'NULL' if v is None else literal(str(v))}" for n, v in said.items())
            con.execute(f"UPDATE context SET {changes} WHERE posting_no = {number}")
        judge(con, rules or load_rules(), profile, carried, registers, known)
        found = con.execute("SELECT * FROM finding").to_arrow_table().to_pylist()
        decisions = con.execute("SELECT * FROM decision ORDER BY record_hash").to_arrow_table().to_pylist()
        coverage = con.execute("SELECT * FROM coverage").to_arrow_table().to_pylist()
        then(con)
    results = [
        Judged(
            row["decision"], row["primary_code"], row["reasons"],
            [finding for finding in found if finding["record_hash"] == row["record_hash"]],
        )
        for row in decisions
    ]  # fmt: skip
    return results, coverage


def judge_one(context: Mapping[str, Any] | None = None, /, **posting: Any) -> Judged:
    return judge_cases([Case(posting, context or {})])[0][0]


def hits_in(
    texts: pa.Table,
    conditions: Sequence[tuple[int, str, TextCondition]],
    counting: Mapping[tuple[int, str], Set[int]] | None = None,
) -> list[dict[str, Any]]:
    """Hits of text conditions in ``texts`` (posting_no and any text columns), in order of condition and place."""
    with duckdb.connect() as con:
        con.register("texts", texts)
        columns = ", ".join(f"{name if name in texts.column_names else 'NULL'}::VARCHAR AS {name}" for name in TEXTS)
        con.execute(f"CREATE TABLE posting AS SELECT posting_no, {columns} FROM texts")
        read_texts(con)
        found = text_hits(con, conditions, counting).to_pylist()
    order = {(number, name): place for place, (number, name, _) in enumerate(conditions)}
    return sorted(
        found, key=lambda hit: (order[hit["number"], hit["signal"]], hit["posting_no"], hit["field"], hit["start"])
    )
