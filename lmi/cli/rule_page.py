"""A vetting rule as ``lmi vet rules`` shows it: every condition as it is judged, law, wording and examples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from validation.vetting.rules import Case, Rule, TextCondition

_WORDS = {
    "ko": {
        "needs": "필요한 칸", "registers": "조회하는 대장·표", "when": "조건", "undetermined": "판단 불가 조건",
        "fields": "살펴보는 칸", "clean": "찾는 말", "squashed": "흩어 쓴 말(붙여 읽음)",
        "unless": "앞 {before}자·뒤 {after}자 안에 있으면 제외", "exceptions": "예외",
        "signals": "다음 신호 가운데 {n}개 이상",
        "evidence": "근거로 남기는 값", "examples": "예시", "register": "대장·계산 결과",
    },
    "en": {
        "needs": "needs", "registers": "asks", "when": "when", "undetermined": "cannot be judged when",
        "fields": "reads", "clean": "looks for", "squashed": "looks for, written apart",
        "unless": "not with, within {before} characters before and {after} after", "exceptions": "except",
        "signals": "at least {n} of these signs", "evidence": "shows", "examples": "examples", "register": "answers",
    },
}  # fmt: skip


def facts(rule: Rule) -> dict[str, Any]:
    """A rule as scripts read it; what it looks for and its examples are in its file."""
    return {
        "number": rule.number,
        "id": rule.id,
        "version": rule.version,
        "valid_from": rule.valid_from.isoformat(),
        "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
        "profiles": list(rule.profiles),
        "label": dict(rule.label),
        "cases": [{"code": c.code, "severity": c.severity, "profiles": list(c.profiles)} for c in rule.cases],
        "needs": [list(names) for names in rule.needs],
        "registers": list(rule.registers),
        "law": [dict(entry) for entry in rule.law],
        "message": dict(rule.message),
        "advice": dict(rule.advice),
    }


def page(rule: Rule, lang: str) -> str:
    """The rule in plain text: all that decides, as the judge reads it."""
    return "\n".join(_lines(rule, lang))


def _lines(rule: Rule, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield f"{rule.number} {rule.id} {rule.label[lang]} ({rule.version}, {', '.join(rule.profiles)})"
    yield f"  {words['needs']}: {', '.join('|'.join(names) for names in rule.needs)}"
    if rule.registers:
        yield f"  {words['registers']}: {', '.join(rule.registers)}"
    for case in rule.cases:
        yield f"\n  {case.severity}: {case.code} ({', '.join(case.profiles)})"
        yield from (f"    {line}" for line in _case(case, words))
    yield ""
    for entry in rule.law:
        only = ", ".join([*entry.get("severities", ()), *entry.get("profiles", ())])
        yield f"  § {entry[lang]} ({only})" if only else f"  § {entry[lang]}"
    yield f"\n{rule.message[lang]}\n{rule.advice[lang]}\n\n{words['examples']}"
    for example in rule.examples:
        yield f"  {_example(example, words)}"


def _case(case: Case, words: Mapping[str, str]) -> Iterator[str]:
    if case.registers:
        yield f"{words['registers']}: {', '.join(case.registers)}"
    if case.when:
        yield f"{words['when']}: {' '.join(case.when.split())}"
    if case.text:
        yield from _text(case.text, words)
    if case.signals:
        yield f"{words['signals'].format(n=case.at_least)}:"
    for name, signal in case.signals.items():
        yield f"  {name}"
        yield from (f"    {line}" for line in _text(signal, words))
    if case.undetermined:
        yield f"{words['undetermined']}: {' '.join(case.undetermined.split())}"
    if case.evidence:
        yield f"{words['evidence']}: {', '.join(case.evidence)}"


def _text(condition: TextCondition, words: Mapping[str, str]) -> Iterator[str]:
    if condition.fields:
        yield f"{words['fields']}: {', '.join(condition.fields)}"
    for key in ("clean", "squashed", "unless", "exceptions"):
        label = words[key].format(before=condition.before, after=condition.after)
        yield from (f"{label}: {pattern}" for pattern in getattr(condition, key))
    if condition.when:
        yield f"{words['when']}: {' '.join(condition.when.split())}"


def _example(example: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """What is given, in the posting and from registers, and what comes of it; nothing stands for a pass."""
    came = " ".join(example[key] for key in ("severity", "code", "outcome") if key in example) or "pass"
    profile = f" ({example['profile']})" if "profile" in example else ""
    said = json.dumps(example["posting"], ensure_ascii=False)
    if "context" in example:
        said += f" {words['register']} {json.dumps(example['context'], ensure_ascii=False)}"
    return f"{example['kind']}{profile}: {said} → {came}"
