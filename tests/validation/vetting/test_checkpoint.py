"""The suite ``vacancy_vetting``: every rule has its expectation, and that one alone notices its rule."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.validation.vetting.support import Case, judge_cases
from validation.vetting.checkpoint import Checked, VettingCheckpoint, column_of, severity_of
from validation.vetting.rules import load_rules

RULES = load_rules()
#: never in a posting; a value of one must not be in Data Docs either
MARK = "제시카의비밀문장"
#: rules that the bad posting of a rule breaks as well: dates around the submission that its pay is judged by (9, 41),
#: pay spread over too many hours (15), a messenger as sign of a courier (21), an employer of thirty and more (26 to 28)
COMPANIONS = {9: {37}, 15: {9}, 21: {23}, 26: {40}, 27: {40}, 28: {40}, 41: {10, 37}}


def named(number: int) -> dict[str, str]:
    return {"source_id": "portal_vacancies", "record_hash": f"h{number}"}


def toy_outcomes(outcome: str) -> pd.DataFrame:
    """One posting per rule that does not meet that rule, and one (h0) that meets all."""
    rows = [{column_of(r): "pass" for r in RULES.rules} | named(0)]
    for number, broken in enumerate(RULES.rules, start=1):
        rows.append({column_of(r): outcome if r is broken else "pass" for r in RULES.rules} | named(number))
    return pd.DataFrame(rows)


@pytest.mark.parametrize("outcome", ["reject", "undetermined"])
def test_each_expectation_catches_its_rule_and_no_other(outcome: str) -> None:
    results = VettingCheckpoint(RULES).run(toy_outcomes(outcome), "toy")
    assert [(r.rule.number, r.unmet) for r in results] == [
        (r.number, (("portal_vacancies", f"h{n}"),)) for n, r in enumerate(RULES.rules, 1)
    ]
    assert {r.evaluated for r in results} == {len(RULES.rules) + 1}


def test_a_rule_that_does_not_apply_is_met_and_one_without_an_expectation_is_an_error() -> None:
    met = toy_outcomes("not_applicable")
    assert all(r.unmet == () for r in VettingCheckpoint(RULES).run(met, "toy"))
    with pytest.raises(RuntimeError, match="could not be evaluated"):
        VettingCheckpoint(RULES).run(met.drop(columns=column_of(RULES.rules[0])), "toy")


def test_the_suite_says_severity_law_and_codes() -> None:
    from validation.vetting.checkpoint import suite_of

    suite = suite_of(RULES)
    assert [e.meta["number"] for e in suite.expectations] == list(range(1, 42))
    fee = next(e for e in suite.expectations if e.meta["codes"] == ["FEE_DEMAND"])
    assert (fee.severity.value, severity_of(RULES.by_number(16))) == ("critical", "reject")
    assert "직업안정법 제32조" in fee.meta["law"][0]["ko"]


def test_postings_with_one_violation_per_rule_come_back_by_rule(tmp_path: Path) -> None:
    """One bad posting per rule through the judge: the expectation of that rule names it."""
    examples = [next(e for e in rule.examples if e["kind"] == "positive") for rule in RULES.rules]
    earlier = tmp_path / "site/validations/vacancy_vetting/2026-03-01 1/20260301T000000Z/earlier.html"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("of a run before")
    cases = [Case(e.get("posting", {}) | {"requirements": MARK}, e.get("context", {})) for e in examples]
    found: dict[int, int] = {}

    def check(con: duckdb.DuckDBPyConnection) -> None:
        checked = Checked(con, RULES, tmp_path / "site")
        checked.add()
        found.update(checked.run("examples"))

    judged, coverage = judge_cases([*cases, Case({}, {})], then=check)
    in_profile = {rule.number for rule in RULES.rules if "KR_PUBLIC" in rule.profiles}
    assert {number for number, count in found.items() if count} == in_profile
    others: dict[int, set[int]] = {}
    for rule, one in zip(RULES.rules, judged, strict=False):
        unmet = {finding["rule_number"] for finding in one.findings}
        assert (rule.number in unmet) == (rule.number in in_profile), rule.id
        if beside := unmet - {rule.number}:
            others[rule.number] = beside
    assert others == COMPANIONS
    assert judged[-1].decision == "PASS"
    for number in in_profile:
        met = sum(r["postings"] for r in coverage if r["rule_number"] == number and r["outcome"] == "pass")
        met += sum(r["postings"] for r in coverage if r["rule_number"] == number and r["outcome"] == "not_applicable")
        assert met + found[number] == len(cases) + 1
    pages = [page.read_text("utf-8") for page in (tmp_path / "site").rglob("*.html")]
    assert not [page for page in pages if MARK in page]
    index = (tmp_path / "site/index.html").read_text("utf-8")
    assert earlier.exists() and "earlier.html" in index and "examples 1</a>" in index, "what other runs left stays"
    # the pages name the posting that fails: the record, and nothing of what is in it
    (broken,) = [one for one, rule in zip(judged, RULES.rules, strict=False) if rule.number == 16]
    assert any(broken.findings[0]["record_hash"] in page for page in pages)


def test_counts_that_differ_from_the_coverage_are_an_error() -> None:
    def check(con: duckdb.DuckDBPyConnection) -> None:
        checked = Checked(con, RULES)
        checked.add()
        con.execute("DELETE FROM covered WHERE rule_number = 1")
        with pytest.raises(RuntimeError, match=r"rules \[1\] were counted differently"):
            checked.run("toy")

    judge_cases([Case({"employer_name": None}, {})], then=check)
