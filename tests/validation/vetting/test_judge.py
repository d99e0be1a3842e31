"""How rules become decisions: severities, what could not be judged, what never applies, profiles, days in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import pytest

from tests.validation.vetting.support import Case, judge_cases, judge_one
from validation.vetting.checkpoint import Checked
from validation.vetting.context import OWN_TABLES, REGISTERS
from validation.vetting.judge import check_conditions, empty_tables, judge
from validation.vetting.postings import CANONICAL
from validation.vetting.rules import Case as RuleCase
from validation.vetting.rules import Rule, RuleError, RuleSet, TextCondition, load_rules

BOTH = {"ko": "x", "en": "x"}
ALL = frozenset(CANONICAL)


def case(code: str = "TOY", severity: str = "hold", **parts: Any) -> RuleCase:
    return RuleCase(code, severity, parts.pop("profiles", ("KR_PUBLIC", "EU")), **parts)


def rule(*cases: RuleCase, number: int = 1, **parts: Any) -> Rule:
    given = {
        "id": f"TOY_{number}", "number": number, "version": "1.0.0", "valid_from": date(2020, 1, 1), "valid_to": None,
        "profiles": ("KR_PUBLIC", "EU"), "label": BOTH, "needs": (), "registers": (), "cases": cases, "law": (BOTH,),
        "message": BOTH, "advice": BOTH, "examples": (),
    }  # fmt: skip
    return Rule(**(given | parts))


def rules(*which: Rule) -> RuleSet:
    return RuleSet(which, "0" * 64)


def decide(
    *which: Rule, posting: dict[str, Any] | None = None, context: dict[str, Any] | None = None, **how: Any
) -> Any:
    (judged,), coverage = judge_cases([Case(posting or {}, context or {})], rules=rules(*which), **how)
    return judged, coverage


YES, NO = "true", "false"


@pytest.mark.parametrize(
    ("severities", "decision"),
    [
        ((), "PASS"), (("warn",), "WARN"), (("warn", "hold"), "HOLD"), (("hold", "reject", "warn"), "REJECT"),
    ],
)  # fmt: skip
def test_the_gravest_finding_decides(severities: tuple[str, ...], decision: str) -> None:
    which = [rule(case(f"CODE_{n}", s, when=YES), number=n) for n, s in enumerate(severities, 1)]
    judged, _ = decide(*which, rule(case("NEVER", "reject", when=NO), number=40))
    assert judged.decision == decision
    assert len(judged.reasons) == len(severities)


def test_the_primary_code_is_the_gravest_then_the_lowest_rule() -> None:
    judged, _ = decide(
        rule(case("MILD", "warn", when=YES), number=1),
        rule(case("LATER", "reject", when=YES), number=9),
        rule(case("FIRST", "reject", when=YES), number=4),
    )
    assert (judged.primary_code, judged.reasons) == ("FIRST", ["FIRST", "LATER", "MILD"])


def test_cases_of_one_code_count_once_and_the_graver_one() -> None:
    judged, _ = decide(
        rule(case("TOY", "hold", when=YES), case("TOY", "reject", when=YES), case("ELSE", "warn", when=YES))
    )
    assert [(f["code"], f["severity"]) for f in judged.findings] == [("ELSE", "warn"), ("TOY", "reject")]


@pytest.mark.parametrize(("severity", "decision"), [("reject", "HOLD"), ("hold", "HOLD"), ("warn", "WARN")])
def test_what_cannot_be_judged_is_not_passed(severity: str, decision: str) -> None:
    judged, coverage = decide(rule(case("TOY", severity, when=NO, undetermined=YES)))
    assert (judged.decision, judged.reasons) == (decision, ["UNDETERMINED:TOY"])
    assert [(c["outcome"], c["reason"], c["postings"]) for c in coverage] == [("undetermined", "NO_ANSWER", 1)]


def test_a_rule_that_fires_is_not_undetermined_as_well() -> None:
    judged, _ = decide(rule(case("TOY", "reject", when=YES), case("TOY", "hold", when=NO, undetermined=YES)))
    assert [f["outcome"] for f in judged.findings] == ["reject"]


def test_a_register_without_rows_leaves_the_rule_undetermined() -> None:
    which = rule(case(when=NO), registers=("wage_arrears",))
    judged, coverage = decide(which, registers=OWN_TABLES)
    assert judged.reasons == ["UNDETERMINED:TOY"]
    assert coverage[0]["reason"] == "REGISTER_EMPTY"


def test_a_register_that_the_profile_does_not_have_is_no_reason_to_hold() -> None:
    which = rule(case(when=YES), registers=("wage_arrears",))
    judged, coverage = decide(which, registers=OWN_TABLES, known=OWN_TABLES)
    assert judged.decision == "PASS"
    assert (coverage[0]["outcome"], coverage[0]["reason"]) == ("not_applicable", "NO_REGISTER: wage_arrears")


@pytest.mark.parametrize(
    ("registers", "known", "openings", "reasons", "outcome", "reason"),
    [
        (OWN_TABLES | {"wage_arrears"}, OWN_TABLES | {"wage_arrears"}, 1, [], "pass", None),
        (OWN_TABLES, OWN_TABLES | {"wage_arrears"}, 1, ["UNDETERMINED:LISTED"], "undetermined", "REGISTER_EMPTY"),
        (OWN_TABLES, OWN_TABLES | {"wage_arrears"}, 9, ["MANY"], "hold", None),
        (OWN_TABLES, OWN_TABLES, 1, [], "not_applicable", "NO_REGISTER: wage_arrears"),
        (OWN_TABLES, OWN_TABLES, 9, ["MANY"], "hold", None),
    ],
)
def test_a_rule_of_which_one_case_cannot_be_asked_has_not_passed(
    registers: frozenset[str], known: frozenset[str], openings: int, reasons: list[str], outcome: str, reason: str
) -> None:
    which = rule(case("MANY", when="openings > 5"), case("LISTED", when=NO, registers=("wage_arrears",)))
    posting = {"openings": openings}

    def check(con: duckdb.DuckDBPyConnection) -> None:
        checked = Checked(con, rules(which))
        checked.add()
        assert checked.run("toy") == {1: len(reasons)}

    judged, coverage = decide(which, posting=posting, registers=registers, known=known, then=check)
    assert judged.reasons == reasons
    assert [(c["outcome"], c["reason"], c["postings"]) for c in coverage] == [(outcome, reason, 1)]


def test_a_source_that_states_the_headcount_needs_no_register_of_it() -> None:
    which = rule(case(when="insured_headcount >= 30"), registers=("insured_headcounts",))
    how: dict[str, Any] = {"context": {"insured_headcount": 50}, "registers": OWN_TABLES}
    assert decide(which, **how, known=OWN_TABLES)[0].reasons == ["TOY"]
    assert decide(which, **how)[0].reasons == ["TOY"]
    _, coverage = decide(which, **how, known=OWN_TABLES, carried=ALL - {"headcount"})
    assert coverage[0]["reason"] == "NO_REGISTER: insured_headcounts"


def test_what_a_source_never_carries_is_not_applicable_and_a_blank_is() -> None:
    which = rule(case(when="duties IS NULL"), needs=(("duties", "requirements"), ("title",)))
    blank = {"posting": {"duties": None}}
    assert decide(which, **blank, carried=ALL - {"requirements"})[0].decision == "HOLD"
    judged, coverage = decide(which, **blank, carried=ALL - {"duties", "requirements"})
    assert judged.decision == "PASS"
    assert (coverage[0]["outcome"], coverage[0]["reason"]) == ("not_applicable", "NOT_CARRIED: duties|requirements")


def test_rules_and_cases_hold_in_their_profiles() -> None:
    which = (
        rule(case("PUBLIC", "reject", when=YES, profiles=("KR_PUBLIC",)), case("BOTH", "warn", when=YES)),
        rule(case("EUROPE", "hold", when=YES, profiles=("EU",)), number=2, profiles=("EU",)),
    )
    assert decide(*which)[0].reasons == ["PUBLIC", "BOTH"]
    assert decide(*which, profile="EU")[0].reasons == ["EUROPE", "BOTH"]
    assert decide(*which, profile="US")[0].decision == "PASS"


def test_the_rules_in_force_on_the_day_of_submission() -> None:
    old = rule(case("OLD", when=YES), valid_to=date(2026, 3, 1))
    new = rule(case("NEW", when=YES), number=2, valid_from=date(2026, 3, 2))
    found = {
        day: decide(old, new, posting={"submitted_date": day})[0].reasons
        for day in ("2019-12-31", "2026-03-01", "2026-03-02")
    }
    assert found == {"2019-12-31": [], "2026-03-01": ["OLD"], "2026-03-02": ["NEW"]}
    _, coverage = decide(old, new, posting={"submitted_date": "2026-03-02"})
    assert [(c["rule_number"], c["outcome"], c["reason"]) for c in coverage] == [
        (1, "not_applicable", "NOT_IN_FORCE"),
        (2, "hold", None),
    ]


def test_no_answer_to_a_condition_is_no() -> None:
    assert decide(rule(case(when="licence_no = 'x'")))[0].decision == "PASS"


SIGNS = {
    "cash": TextCondition(fields=("duties",), clean=("현금 수거",)),
    "telegram": TextCondition(fields=("duties",), clean=("텔레그램",)),
    "no_phone": TextCondition(when="NOT has_contact_phone"),
    "night": TextCondition(fields=("duties",), clean=("심야",), when="openings > 1"),
}


@pytest.mark.parametrize(
    ("duties", "changes", "signals"),
    [
        ("현금 수거 업무, 텔레그램 문의", {}, {"cash", "telegram"}),
        ("현금 수거 업무입니다", {}, set()),
        ("현금 수거 업무입니다", {"has_contact_phone": False}, {"cash", "no_phone"}),
        ("현금 수거, 심야 근무", {}, set()),
        ("현금 수거, 심야 근무", {"openings": 2}, {"cash", "night"}),
    ],
)
def test_several_signs_together(duties: str, changes: dict[str, Any], signals: set[str]) -> None:
    which = rule(case("COURIER", "hold", signals=SIGNS, at_least=2))
    judged, _ = decide(which, posting={"duties": duties} | changes)
    assert {f["signal"] for f in judged.findings} == signals
    assert judged.decision == ("HOLD" if signals else "PASS")


def test_a_text_with_a_condition_needs_both() -> None:
    words = TextCondition(fields=("title",), clean=("사무원",), when="openings > 5")
    which = rule(case(text=words, evidence=("openings",)))
    assert decide(which)[0].decision == "PASS"
    judged, _ = decide(which, posting={"openings": 6})
    (finding,) = judged.findings
    assert (finding["quote"], finding["evidence_field"], finding["facts"]) == ("사무원", "title", '{"openings":6}')


def test_a_condition_on_a_column_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(RuleError, match=r"toy_1\.yml: cases/0/when: .*no_such_column.*Columns: .*wage_low"):
        check_conditions(rules(rule(case(when="no_such_column > 1"))))
    with pytest.raises(RuleError, match=r"toy_1\.yml: cases/0/evidence: no_such_column is no column"):
        check_conditions(rules(rule(case(when=YES, evidence=("no_such_column",)))))
    with pytest.raises(RuleError, match=r"toy_1\.yml: cases/1/undetermined: title \+ 1"):
        check_conditions(rules(rule(case(when=YES), case(when=YES, undetermined="title + 1"))))
    with pytest.raises(RuleError, match=r"toy_1\.yml: needs: wage_low is no column of a posting"):
        check_conditions(rules(rule(case(when=YES), needs=(("wage_low",),))))


def test_every_rule_and_posting_has_exactly_one_outcome() -> None:
    cases = [Case({"openings": n % 3, "employer_name": "비공개" if n % 2 else "한빛"}, {}) for n in range(12)]
    for profile in ("KR_PUBLIC", "KR_PRIVATE", "EU", "US"):
        _, coverage = judge_cases(cases, profile, registers=OWN_TABLES)
        for number in {c["rule_number"] for c in coverage}:
            assert sum(c["postings"] for c in coverage if c["rule_number"] == number) == len(cases)
        assert {c["rule_number"] for c in coverage} == {r.number for r in load_rules().rules}


def test_a_load_without_postings_gives_empty_tables() -> None:
    with duckdb.connect() as con:
        empty_tables(con)
        judge(con, load_rules(), "KR_PUBLIC", ALL, OWN_TABLES | frozenset(REGISTERS))
        for table in ("finding", "decision", "coverage"):
            assert con.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_messages_find_what_they_name() -> None:
    """Facts hold every evidence column, so that a message can be filled from a finding."""
    judged = judge_one({"nts_status_code": "03", "nts_closed_date": "2026-01-31"})
    (finding,) = judged.of("EMP_CLOSED")
    assert '"nts_closed_date":"2026-01-31"' in finding["facts"]
    assert judged.decision == "REJECT"
    changed = replace(load_rules().by_number(4), version="1.0.1")
    assert decide(changed, context={"nts_status_code": "03"})[0].findings[0]["rule_version"] == "1.0.1"
