"""The text rules on words nobody enumerated: their own examples, other wordings, innocent sentences, the planted truth.

``CAUGHT``: what employers and fraudsters might write. ``INNOCENT``: sentences that hold the same words, at least twenty
for every rule that refuses. The nation's planted texts and decoys are read from the sandbox's lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ingest.door import masked_text_sql
from lmi.core.yaml import load_yaml
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
    (found,) = _found_each(rule, [posting], profile)
    return found


def _found_each(
    rule: Rule, postings: list[dict[str, Any]], profile: str
) -> list[list[tuple[Case, list[dict[str, Any]]]]]:
    """The same for several postings, judged together."""
    out: list[list[tuple[Case, list[dict[str, Any]]]]] = [[] for _ in postings]
    fields = [name for name in FIELDS if any(posting.get(name) for posting in postings)]
    for case in rule.cases:
        own = case.text.when if case.text else None
        if profile not in case.profiles:
            continue
        held = [n for n, p in enumerate(postings) if _holds(case.when, p) and _holds(own, p)]
        named = {"": case.text} if case.text else dict(case.signals)
        conditions = [(rule.number, name, condition) for name, condition in named.items() if condition]
        texts = {name: pa.array([postings[n].get(name) or None for n in held], pa.string()) for name in fields}
        hits: dict[int, list[dict[str, Any]]] = {n: [] for n in held}
        for hit in hits_in(pa.table({"posting_no": pa.array(held, pa.int64())} | texts), conditions) if held else ():
            hits[hit["posting_no"]].append(hit)
        for n in held:
            if len({hit["signal"] for hit in hits[n]}) >= (case.at_least or 1) or not named:
                out[n].append((case, hits[n]))
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


def _masked(texts: list[str]) -> list[str]:
    """The texts as they are when they have passed the door."""
    given = f"SELECT {masked_text_sql('given')} FROM (SELECT unnest($1::VARCHAR[]) AS given)"
    return [str(masked) for (masked,) in duckdb.execute(given, [texts]).fetchall()]


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
    table = pa.table({"posting_no": list(range(len(texts))), field: _masked(texts)})
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
    planted = load_yaml((NATION / "violations.yml").read_text(encoding="utf-8"))
    missed, tried = [], 0
    for entry in planted:
        if entry["rule"] not in TEXT_RULES or entry["field"] not in ("title", "duties"):
            continue
        texts = [*entry["plain"], *entry["disguised"]]
        words = _masked([f"저희는 성실한 분을 찾습니다.\n{text}\n이력서를 접수해 주세요." for text in texts])
        without_contact = {"has_contact_phone": False, "has_contact_email": False}
        postings = [{entry["field"]: one} | without_contact for one in words]
        for text, one, found in zip(
            texts, words, _found_each(_rule(entry["rule"]), postings, "KR_PUBLIC"), strict=True
        ):
            at = one.index("\n") + 1
            tried += 1
            if not any(hit["start"] < at + len(text) and at < hit["end"] for _, hits in found for hit in hits):
                missed.append((entry["code"], text))
    assert not missed
    assert tried > 150


def test_decoys_are_left_alone() -> None:
    decoys = load_yaml((NATION / "decoys.yml").read_text(encoding="utf-8"))
    assert {text: rules for text, rules in zip(decoys, _fired(decoys), strict=True) if rules} == {}
