"""The text rules on words nobody enumerated: their own examples, other wordings, innocent sentences, the planted truth.

``CAUGHT``: what employers and fraudsters might write. ``INNOCENT``: sentences that hold the same words, at least twenty
for every rule that refuses. The nation's planted texts and decoys are read from the sandbox's lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from ingest.door import masked_text_sql
from tests.validation.vetting.support import hits_in
from tests.validation.vetting.wordings import CAUGHT, INNOCENT
from validation.vetting.rules import Case, Rule, load_rules

NATION = Path(__file__).parents[3] / "sandbox" / "nation" / "data"
TEXT_RULES = (*range(16, 33), 36)
FIELDS = ("title", "duties", "requirements", "working_hours_text", "wage_text", "work_address", "employer_name")
#: columns that conditions of the text rules read besides texts, with their types
COLUMNS = {
    "country_code": "VARCHAR", "industry_code": "VARCHAR", "occupation_code": "VARCHAR",
    "overseas_report_no": "VARCHAR",
    "licence_no": "VARCHAR", "has_image": "BOOLEAN", "has_contact_phone": "BOOLEAN", "has_contact_email": "BOOLEAN",
    "insured_headcount": "BIGINT", "text_length": "BIGINT",
    "predicted_occupation_code": "VARCHAR", "predicted_probability": "DOUBLE",
}  # fmt: skip
HARDNESS = ("warn", "hold", "reject")


def _rule(number: int) -> Rule:
    return load_rules().by_number(number)


def _holds(when: str | None, posting: dict[str, Any]) -> bool:
    """An SQL condition on one posting; columns it does not have are NULL."""
    if when is None:
        return True
    columns = dict.fromkeys(FIELDS, "VARCHAR") | COLUMNS
    row = ", ".join(f"?::{kind} AS {name}" for name, kind in columns.items())
    values = [posting.get(name) for name in columns]
    found = duckdb.execute(f"SELECT coalesce(({when}), false) FROM (SELECT {row})", values).fetchone()
    return bool(found and found[0])


def _found(rule: Rule, posting: dict[str, Any], profile: str) -> list[tuple[Case, list[dict[str, Any]]]]:
    """Cases that hold for one posting, with their hits."""
    texts = pa.table({"posting_no": [7]} | {name: [posting[name]] for name in FIELDS if posting.get(name)})
    out = []
    for case in rule.cases:
        own = case.text.when if case.text else None
        if profile not in case.profiles or not _holds(case.when, posting) or not _holds(own, posting):
            continue
        named = {"": case.text} if case.text else dict(case.signals)
        hits = hits_in(texts, [(rule.number, name, c) for name, c in named.items() if c])
        if len({hit["signal"] for hit in hits}) >= (case.at_least or 1) or not named:
            out.append((case, hits))
    return out


def _examples() -> Iterator[Any]:
    for number in TEXT_RULES:
        for index, example in enumerate(_rule(number).examples):
            yield pytest.param(number, example, id=f"{_rule(number).id}-{index}-{example['kind']}")


@pytest.mark.parametrize(("number", "example"), _examples())
def test_examples(number: int, example: dict[str, Any]) -> None:
    rule = _rule(number)
    posting = example["posting"] | example.get("context", {})
    found = _found(rule, posting, example.get("profile", rule.profiles[0]))
    if example["kind"] in ("negative", "exception"):
        assert not found
        return
    hardest = max(found, key=lambda pair: HARDNESS.index(pair[0].severity))[0]
    assert (hardest.code, hardest.severity) == (example["code"], example["severity"])
    if "words" in example:
        assert _overlaps(posting, example["words"], [hit for _, hits in found for hit in hits])


def _overlaps(posting: dict[str, Any], words: str, hits: list[dict[str, Any]]) -> bool:
    for hit in hits:
        at = posting[hit["field"]].find(words)
        if at >= 0 and hit["start"] < at + len(words) and at < hit["end"]:
            return True
    return False


@lru_cache(maxsize=4096)
def _masked(text: str) -> str:
    """The text as it is when it has passed the door."""
    row = duckdb.execute(f"SELECT {masked_text_sql('given')} FROM (SELECT ?::VARCHAR AS given)", [text]).fetchone()
    assert row is not None
    return str(row[0])


def _fired(texts: list[str], field: str = "duties") -> list[set[int]]:
    """For each text the numbers of the text rules whose text condition holds (``when`` left aside)."""
    conditions = []
    cases: list[tuple[int, int]] = []  # rule number, how many signals it takes
    for number in TEXT_RULES:
        for case in _rule(number).cases:
            if "KR_PUBLIC" in case.profiles and (case.text or case.signals):
                for name, condition in ({"": case.text} if case.text else case.signals).items():
                    assert condition is not None
                    conditions.append((number, f"{len(cases)}/{name}", condition))
                cases.append((number, case.at_least or 1))
    table = pa.table({"posting_no": list(range(len(texts))), field: [_masked(text) for text in texts]})
    signals: list[dict[int, set[str]]] = [{} for _ in texts]
    for hit in hits_in(table, conditions):
        signals[hit["posting_no"]].setdefault(int(hit["signal"].split("/")[0]), set()).add(hit["signal"])
    return [{cases[case][0] for case, names in one.items() if len(names) >= cases[case][1]} for one in signals]


@pytest.mark.parametrize("number", sorted(CAUGHT))
def test_other_wordings_are_caught(number: int) -> None:
    missed = [text for text, rules in zip(CAUGHT[number], _fired(CAUGHT[number]), strict=True) if number not in rules]
    assert not missed


@pytest.mark.parametrize("number", sorted(INNOCENT))
def test_innocent_sentences_pass(number: int) -> None:
    """Not only their own rule: no rule may fire on them."""
    fired = {text: rules for text, rules in zip(INNOCENT[number], _fired(INNOCENT[number]), strict=True) if rules}
    assert not fired


def test_every_hard_rule_has_twenty_innocent_sentences() -> None:
    hard = {n for n in TEXT_RULES if any(c.severity == "reject" and not c.when for c in _rule(n).cases)}
    assert {number for number in hard if len(set(INNOCENT.get(number, []))) < 20} == set()


def test_planted_texts_are_caught_with_their_words() -> None:
    planted = yaml.safe_load((NATION / "violations.yml").read_text(encoding="utf-8"))
    missed = []
    for entry in planted:
        if entry["rule"] not in TEXT_RULES or entry["field"] not in ("title", "duties"):
            continue
        rule, field = _rule(entry["rule"]), entry["field"]
        for text in [*entry["plain"], *entry["disguised"]]:
            words = _masked(f"저희는 성실한 분을 찾습니다.\n{text}\n이력서를 접수해 주세요.")
            found = _found(rule, {field: words, "has_contact_phone": False, "has_contact_email": False}, "KR_PUBLIC")
            at = words.index("\n") + 1
            hits = [hit for _, hits in found for hit in hits]
            if not any(hit["start"] < at + len(text) and at < hit["end"] for hit in hits):
                missed.append((entry["code"], text))
    assert not missed


def test_decoys_are_left_alone() -> None:
    decoys = yaml.safe_load((NATION / "decoys.yml").read_text(encoding="utf-8"))
    assert {text: rules for text, rules in zip(decoys, _fired(decoys), strict=True) if rules} == {}
