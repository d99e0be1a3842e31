"""The rule set as data: the shipped files are whole, and each way to get one wrong is named with file, key and mend."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from lmi.core.yaml import load_yaml
from validation.vetting.rules import EXAMPLES, RULES, RULES_DIR, TABLES_DIR, RuleError, load_rules

RULE_FILE = "fee_demand.yml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(RULES_DIR / RULE_FILE, tmp_path)
    return tmp_path


def _changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    path = folder / RULE_FILE
    entry = load_yaml(path.read_text(encoding="utf-8"))
    change(entry)
    path.write_text(yaml.safe_dump(entry, allow_unicode=True, sort_keys=False), encoding="utf-8")
    load_rules.cache_clear()
    return folder


def test_all_rules_are_there() -> None:
    rules = load_rules()
    assert [rule.number for rule in rules.rules] == list(range(1, RULES + 1))
    assert re.fullmatch("[0-9a-f]{64}", rules.digest)
    for rule in rules.rules:
        kinds = [example["kind"] for example in rule.examples]
        assert all(kinds.count(kind) >= least for kind, least in EXAMPLES.items()), rule.id
        assert rule.law and all(rule.basis(profile) for profile in rule.profiles), rule.id


def test_rules_with_several_cases_have_them() -> None:
    severities = {rule.number: {case.severity for case in rule.cases} for rule in load_rules().rules}
    assert severities[21] >= {"reject", "hold"}
    assert severities[22] >= {"reject", "hold"}
    assert severities[24] >= {"reject", "hold"}
    for number in (24, 25):  # Title VII, ADEA: a warning
        rule = load_rules().by_number(number)
        assert {case.severity for case in rule.cases if "US" in case.profiles} == {"warn"}


def test_the_law_of_a_finding_follows_its_severity() -> None:
    """The Fair Hiring Procedure Act binds employers of thirty and more: who is only warned is told another law."""
    for number in (26, 27, 28):
        rule = load_rules().by_number(number)
        held, warned = ({law["ko"] for law in rule.basis("KR_PUBLIC", severity)} for severity in ("hold", "warn"))
        assert any("채용절차" in law for law in held) and not any("채용절차" in law for law in warned), rule.id
        assert held | warned == {law["ko"] for law in rule.basis("KR_PUBLIC")}
        assert {case.when for case in rule.cases if "KR_PUBLIC" in case.profiles} == {
            "insured_headcount >= 30", "coalesce(insured_headcount, 0) < 30",
        }  # fmt: skip
    assert load_rules().by_number(16).basis("KR_PUBLIC", "reject") == load_rules().by_number(16).basis("KR_PUBLIC")


def test_a_rule_is_in_force_from_its_first_to_its_last_day() -> None:
    rule = load_rules().by_number(27)
    assert not rule.in_force(date(2019, 7, 16))
    assert rule.in_force(date(2019, 7, 17))


def _without(entry: dict[str, Any], kind: str) -> None:
    entry["examples"] = [example for example in entry["examples"] if example["kind"] != kind]


def _held(entry: dict[str, Any]) -> None:
    entry["cases"][0]["severity"] = "hold"
    for example in entry["examples"]:
        if example.get("severity") == "reject":
            example["severity"] = "hold"


WRONG: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "unknown key": (lambda e: e.update(colour="red"), "colour"),
    "no English": (lambda e: e["message"].pop("en"), "message"),
    "empty advice": (lambda e: e["advice"].update(ko=" "), "advice/ko"),
    "unknown severity": (lambda e: e["cases"][0].update(severity="refuse"), "cases/0/severity"),
    "unknown profile": (lambda e: e.update(profiles=["KR"]), "profiles"),
    "unknown register": (lambda e: e.update(registers=["gossip"]), "registers"),
    "case of another profile": (lambda e: e.update(profiles=["KR_PUBLIC"]), "cases/0/profiles"),
    "no condition": (lambda e: e["cases"][0].pop("text"), "cases/0"),
    "broken pattern": (lambda e: e["cases"][0]["text"]["clean"].append("("), "clean/"),
    "look-ahead": (lambda e: e["cases"][0]["text"]["clean"].append("보증금(?!없)"), "look-around"),
    "back-reference": (lambda e: e["cases"][0]["text"]["clean"].append(r"(가)\1"), "look-around"),
    "empty match": (lambda e: e["cases"][0]["text"]["unless"].append("없?"), "empty text"),
    "blank in squashed": (lambda e: e["cases"][0]["text"]["squashed"].append("보증 금"), "no blanks"),
    "unknown term": (lambda e: e["cases"][0]["text"]["clean"].append("{nowhere}에서"), "['nowhere']"),
    "too few positives": (lambda e: _without(e, "positive"), "positive"),
    "too few negatives": (lambda e: _without(e, "negative"), "negative"),
    "no exception": (lambda e: _without(e, "exception"), "exception"),
    "nothing disguised": (lambda e: _without(e, "disguised"), "disguised"),
    "example of an unknown code": (lambda e: e["examples"][0].update(code="FEE"), "examples/0"),
    "example without code": (lambda e: e["examples"][0].pop("code"), "examples/0"),
    "words that are not there": (lambda e: e["examples"][0].update(words="없는 말"), "examples/0"),
    "unknown placeholder": (lambda e: e["message"].update(ko="{words}"), "message/ko"),
    "no such day": (lambda e: e.update(valid_from="2026-02-30"), "valid_from"),
    "ends before it begins": (lambda e: e.update(valid_to="1990-01-01"), "valid_to"),
    "name is not the file's": (lambda e: e.update(rule="FEE"), "file name"),
    "number beyond the set": (lambda e: e.update(number=RULES + 1), "number"),
    "no law of a severity": (lambda e: [law.update(severities=["hold"]) for law in e["law"]], "law"),
    "no law of a profile": (lambda e: e.update(law=[{"ko": "법", "en": "act", "profiles": ["US"]}]), "law"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_rule_is_named(folder: Path, wrong: str) -> None:
    change, names = WRONG[wrong]
    with pytest.raises(RuleError, match=RULE_FILE) as raised:
        load_rules(_changed(folder, change))
    assert names in str(raised.value)


def test_a_number_is_given_once(folder: Path) -> None:
    text = (folder / RULE_FILE).read_text(encoding="utf-8")
    (folder / "other_demand.yml").write_text(text.replace("rule: FEE_DEMAND", "rule: OTHER_DEMAND"), encoding="utf-8")
    with pytest.raises(RuleError, match=r"other_demand\.yml: number: 16 is that of FEE_DEMAND"):
        load_rules(folder)


def test_a_key_given_twice_is_an_error(folder: Path) -> None:
    with (folder / RULE_FILE).open("a", encoding="utf-8") as file:
        file.write("number: 17\n")
    with pytest.raises(RuleError, match="'number' appears twice"):
        load_rules(folder)


def test_a_missing_file_is_named_when_all_are_demanded(folder: Path) -> None:
    assert [rule.number for rule in load_rules(folder).rules] == [16]
    with pytest.raises(RuleError, match=r"rules \[1, 2, 3,"):
        load_rules(folder, complete=True)


def test_the_digest_follows_conditions_and_tables_but_not_examples(folder: Path, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(TABLES_DIR, tables)
    first = load_rules(folder, tables).digest
    _changed(folder, lambda entry: entry["examples"].append(entry["examples"][0]))
    assert load_rules(folder, tables).digest == first
    with (tables / "minimum_wage.csv").open("a", encoding="utf-8") as file:
        file.write("2099-01-01,1,1\n")
    load_rules.cache_clear()
    second = load_rules(folder, tables).digest
    assert second != first
    _changed(folder, _held)
    assert load_rules(folder, tables).digest not in (first, second)


def test_the_law_is_told_with_what_it_says() -> None:
    """An employer need not look up an article: each is followed by its subject."""
    article = re.compile(r"제\d+조(?:의\d+)?(?:제\d+[항호])*")
    for rule in load_rules().rules:
        for entry in rule.law:
            for found in article.finditer(entry["ko"]):
                rest = entry["ko"][found.end() :]
                assert rest.startswith(("(", "·제")), f"{rule.id}: {entry['ko']}"
            assert "(" in entry["en"] or " art" not in entry["en"], f"{rule.id}: {entry['en']}"
