"""Every example of every rule, through the whole of the vetting: its code, its severity, its words."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any

import pytest

from tests.validation.vetting.support import INNOCENT, Case, Judged, judge_cases, judge_one
from validation.vetting.judge import check_conditions
from validation.vetting.rules import load_rules

RULES = load_rules()
EXAMPLES = [
    (rule.id, number, example.get("profile") or rule.profiles[0], example)
    for rule in RULES.rules
    for number, example in enumerate(rule.examples)
]


@lru_cache(maxsize=1)
def results() -> dict[tuple[str, int], Judged]:
    """All examples, judged at once by profile."""
    by_profile: dict[str, list[tuple[str, int, Any]]] = defaultdict(list)
    for rule_id, number, profile, example in EXAMPLES:
        by_profile[profile].append((rule_id, number, example))
    judged = {}
    for profile, entries in by_profile.items():
        found, _ = judge_cases([Case(e["posting"], e.get("context", {})) for _, _, e in entries], profile)
        judged |= {(rule_id, number): one for (rule_id, number, _), one in zip(entries, found, strict=True)}
    return judged


@pytest.mark.parametrize(("rule_id", "number", "profile", "example"), EXAMPLES, ids=lambda v: str(v)[:40])
def test_example(rule_id: str, number: int, profile: str, example: dict[str, Any]) -> None:
    found = results()[rule_id, number].of(rule_id)
    if "code" not in example:
        outcomes = {finding["outcome"] for finding in found}
        assert outcomes == ({"undetermined"} if example.get("outcome") == "undetermined" else set()), found
        return
    assert (example["code"], example["severity"]) in {(f["code"], f["outcome"]) for f in found}, found
    gravest = max(found, key=lambda f: ["undetermined", "warn", "hold", "reject"].index(f["outcome"]))
    assert gravest["severity"] == example["severity"]
    for finding in found:
        if finding["span_start"] is not None:
            text = example["posting"].get(finding["evidence_field"], INNOCENT.get(finding["evidence_field"]))
            assert same_words(finding["quote"], text[finding["span_start"] : finding["span_end"]])
    if "words" in example:
        assert any(overlaps(finding, example) for finding in found), [f["quote"] for f in found]


def same_words(quote: str, text: str) -> bool:
    """The quote is the original text; personal numbers are masked at equal length."""
    return len(quote) == len(text) and all(q in (t, "*") for q, t in zip(quote, text, strict=True))


def overlaps(finding: dict[str, Any], example: dict[str, Any]) -> bool:
    text = example["posting"].get(finding["evidence_field"])
    start = text.find(example["words"]) if text else -1
    return start >= 0 and finding["span_start"] < start + len(example["words"]) and start < finding["span_end"]


def test_an_innocent_posting_passes() -> None:
    assert judge_one() == Judged("PASS", None, [], [])


def test_conditions_run_on_the_columns_there_are() -> None:
    check_conditions(RULES)


JANUARY = {"submitted_date": "2026-01-05", "close_date": "2026-01-20"}
DECEMBER = {"submitted_date": "2025-12-01", "close_date": "2025-12-20"}
#: section 3.1: what is written, when it starts, what becomes of it
PAY = [
    ("시급 10,030원", "H", {"start_date": "2026-02-02", **JANUARY}, "WAGE_BELOW_MIN"),
    ("시급 10,030원", "H", {"start_date": "2025-12-22", **DECEMBER}, None),
    ("시급 10,030원", "H", {"start_date": None, **DECEMBER}, None),
    ("시급 10,030원", "H", {"start_date": None, **DECEMBER, "close_date": "2026-01-10"}, "WAGE_BELOW_MIN"),
    ("월급 2,156,880원", "M", {}, None),
    ("월급 2,156,879원", "M", {}, "WAGE_BELOW_MIN"),
    ("월급 1,000,000원", "M", {"weekly_hours": 15, "working_hours_text": "주 15시간"}, None),
    ("월급 1,500,000원", "M", {"weekly_hours": 40}, "WAGE_BELOW_MIN"),
    ("월급 1,000,000원", "M", {"weekly_hours": 40}, "WAGE_UNIT_SUSPECT"),
    ("연봉 2,500만원", "Y", {}, "WAGE_BELOW_MIN"),
    ("연봉 25,882,560원", "Y", {}, None),
    ("연봉 25,882,559원", "Y", {}, "WAGE_BELOW_MIN"),
    ("월급 233만원 이상", "M", {}, None),
    ("회사 내규에 따름", "M", {}, "WAGE_NOT_STATED"),
    ("면접 후 결정", "M", {}, "WAGE_NOT_STATED"),
    ("연봉 250만원", "Y", {}, "WAGE_UNIT_SUSPECT"),
    ("시급 200만원", "H", {}, "WAGE_UNIT_SUSPECT"),
    ("월급 300만원~250만원", "M", {}, "WAGE_UNIT_SUSPECT"),
    # never the last rate in place of a missing one
    (
        "시급 11,000원",
        "H",
        {"start_date": "2027-01-04", "submitted_date": "2026-12-01", "close_date": "2026-12-20"},
        "MW_TABLE_MISSING",
    ),
]


@pytest.mark.parametrize(("text", "unit", "changes", "code"), PAY)
def test_pay(text: str, unit: str, changes: dict[str, Any], code: str | None) -> None:
    judged = judge_one(wage_text=text, wage_type_code=unit, wage_min=0, wage_max=0, **changes)
    assert judged.reasons == ([code] if code else [])


def test_nine_tenths_on_probation() -> None:
    duties = "전표를 입력하고 장부를 씁니다. 수습 3개월 90% 지급(1년 이상 계약). 제출 서류는 요청 시 반환합니다."
    pay = {"wage_text": "시급 9,288원", "wage_type_code": "H", "wage_min": 9288}
    assert judge_one(duties=duties, **pay).reasons == ["WAGE_PROBATION"]
    assert judge_one(duties=duties, employment_type_code="20", **pay).reasons == ["WAGE_PROBATION"]
    assert judge_one(**pay).reasons == ["WAGE_BELOW_MIN"], "no word of probation"
    assert judge_one(duties=duties, occupation_code="890000", **pay).reasons == ["WAGE_BELOW_MIN"], "elementary"
    assert judge_one(duties=duties, **(pay | {"wage_text": "시급 9,287원"})).reasons == ["WAGE_BELOW_MIN"]


def test_the_text_counts_before_the_fields() -> None:
    assert judge_one(wage_text="월급 150만원", wage_min=2800000).reasons == ["WAGE_BELOW_MIN"]
    assert judge_one(wage_text="협의 후 결정", wage_min=2800000).reasons == []
