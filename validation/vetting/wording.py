"""What is said to an employer: the wording of a rule with the words and facts of one posting."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from validation.vetting import guards
from validation.vetting.rules import RuleSet

PLACEHOLDER = re.compile(r"\{([a-z_0-9]+)\}")

#: facts that the rules know by a code, and what people call them
WORDS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "wage_unit": {
        "H": {"ko": "시급", "en": "an hour"},
        "D": {"ko": "일급", "en": "a day"},
        "W": {"ko": "주급", "en": "a week"},
        "M": {"ko": "월급", "en": "a month"},
        "Y": {"ko": "연봉", "en": "a year"},
    },
    "blank_conditions": {
        "duties": {"ko": "직무 내용", "en": "duties"},
        "working_hours": {"ko": "근무 시간", "en": "hours of work"},
        "work_place": {"ko": "근무지", "en": "place of work"},
        "employment_type": {"ko": "고용 형태", "en": "type of employment"},
        "wage": {"ko": "임금", "en": "pay"},
    },
}


#: what stands for a fact that the posting or a register does not give
MISSING: Mapping[str, str] = {"ko": "미기재", "en": "not stated"}
#: a rule that could not be judged accuses nobody
NOT_JUDGED: Mapping[str, str] = {
    "ko": "필요한 자료가 없어 이 규칙으로 판정하지 못했습니다. 담당자가 확인합니다.",
    "en": "Data this rule needs are missing, so it could not be judged. A person checks it.",
}
#: what a finding means for the posting, by its severity; no rule says it itself
OUTCOMES: Mapping[str, Mapping[str, str]] = {
    "reject": {"ko": "이대로는 게시하지 않습니다.", "en": "The posting is not published like this."},
    "hold": {
        "ko": "담당자가 확인할 때까지 게시를 보류합니다.",
        "en": "The posting is held until a person has checked it.",
    },
    "warn": {
        "ko": "이 사유만으로 게시가 늦어지지는 않으나 고치시기를 권합니다.",
        "en": "This alone does not delay the posting, but please change it.",
    },
}
_ASK_AGAIN = {
    "ko": "이 결정에 이의가 있으면 이 공고를 심사한 곳에 다시 검토를 요청하실 수 있습니다.",
    "en": "If you disagree, ask whoever judged this posting to look at it again.",
}
#: how to object to a refusal, by profile: the public service has offices and a call centre (Decree to the Employment
#: Security Act; section 3.0 of the domain file)
APPEAL: Mapping[str, Mapping[str, str]] = {
    "KR_PUBLIC": {
        "ko": "이 결정에 이의가 있으면 담당 고용센터나 콜센터에 재심사를 요청하실 수 있습니다."
        " 다른 심사자가 다시 봅니다.",
        "en": "If you disagree, ask your employment office or the call centre for a second review; another reviewer"
        " will look at it.",
    },
    "KR_PRIVATE": _ASK_AGAIN,
    "EU": _ASK_AGAIN,
    "US": _ASK_AGAIN,
}


def for_models(rules: RuleSet) -> dict[str, Any]:
    """All of this for the models, as a variable of dbt, with the facts that the rules' wordings name.

    The words go into SQL literals: an apostrophe comes doubled.
    """
    texts = [
        text
        for rule in rules.rules
        for both in (rule.message, rule.advice, *(case.message for case in rule.cases if case.message))
        for text in both.values()
    ]
    named = {name for text in texts for name in PLACEHOLDER.findall(text)} - {"quote"}
    guard = {"code": guards.CODE, **guards.LABEL}
    said = {
        "guard": guard,
        "missing": MISSING,
        "not_judged": NOT_JUDGED,
        "outcomes": OUTCOMES,
        "appeal": APPEAL,
        "words": WORDS,
    }
    return {"facts": sorted(named)} | {name: _quoted(texts) for name, texts in said.items()}


def _quoted(texts: Any) -> Any:
    if isinstance(texts, Mapping):
        return {key: _quoted(inner) for key, inner in texts.items()}
    return str(texts).replace("'", "''")


def message_of(words: str, outcome: str, quotes: Sequence[str], facts: Mapping[str, object], lang: str) -> str:
    """What was found and what it means for the posting; of a rule that could not be judged, that."""
    if outcome == "undetermined":
        return NOT_JUDGED[lang]
    return f"{filled(words, quotes, facts, lang)} {OUTCOMES[outcome][lang]}"


def advice_of(
    words: str, outcome: str, profile: str, quotes: Sequence[str], facts: Mapping[str, object], lang: str
) -> str:
    """What to change; of a refusal also how to object to it."""
    advice = filled(words, quotes, facts, lang)
    return f"{advice} {APPEAL[profile][lang]}" if outcome == "reject" else advice


def filled(words: str, quotes: Sequence[str], facts: Mapping[str, object], lang: str) -> str:
    """Placeholders replaced in one pass, so that a quote with braces in it stays as it was written."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "quote":
            return " / ".join(quotes) or MISSING[lang]
        fact = facts.get(match[1])
        return MISSING[lang] if fact is None else said(match[1], fact, lang)

    return PLACEHOLDER.sub(value, words)


def said(name: str, value: object, lang: str) -> str:
    """A fact by name in the words of a language; a list of codes, code by code."""
    if name not in WORDS:
        return plain(value)
    return ", ".join(WORDS[name].get(code, {}).get(lang, code) for code in str(value).split(", "))


def plain(value: object) -> str:
    """A fact as people read it: thousands apart, no trailing zeros."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
