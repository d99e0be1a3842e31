"""What is said to an employer: the wording of a rule with the words and facts of one posting."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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

#: how the letter about one posting begins, by its decision
_LETTER: Mapping[str, Mapping[str, str]] = {
    "REJECT": {"ko": "이 공고는 이대로 게시할 수 없습니다.", "en": "This posting cannot be published as it stands."},
    "HOLD": {
        "ko": "이 공고는 담당자가 확인할 때까지 게시를 보류합니다.",
        "en": "This posting is held until a person has checked it.",
    },
    "WARN": {"ko": "이 공고는 게시할 수 있습니다.", "en": "This posting can be published."},
    "PASS": {"ko": "이 공고에서 고칠 점을 찾지 못했습니다.", "en": "Nothing was found that needs changing."},
}
#: what is asked for where there are points to mend
_LETTER_ASKS: Mapping[str, Mapping[str, str]] = {
    "REJECT": {"ko": "아래를 고쳐 다시 제출해 주십시오.", "en": "Change what follows and submit it again."},
    "HOLD": {
        "ko": "아래를 고치거나 밝혀 주시면 확인이 빨라집니다.",
        "en": "Changing or explaining what follows speeds that up.",
    },
    "WARN": {"ko": "다만 아래를 고치시기를 권합니다.", "en": "Please consider changing what follows."},
}
_LETTER_POINTS: Mapping[str, Mapping[str, str]] = {
    "field": {"ko": "항목", "en": "Where"},
    "law": {"ko": "근거", "en": "Law"},
    "advice": {"ko": "고칠 점", "en": "What to change"},
}


#: why a rule did not run, by the code before the colon; what follows it is named in words
_NOT_RUN: Mapping[str, Mapping[str, str]] = {
    "NO_REGISTER": {"ko": "여기에 없는 자료를 보는 규칙입니다", "en": "Asks what is not at hand here"},
    "NOT_CARRIED": {"ko": "적지 않은 항목을 보는 규칙입니다", "en": "Reads what the posting does not name"},
    "NOT_IN_FORCE": {"ko": "그날 시행되지 않은 규칙입니다", "en": "Not in force on that day"},
}
_OR = {"ko": " 또는 ", "en": " or "}
_REGISTERS: Mapping[str, Mapping[str, str]] = {
    "business_status": {"ko": "사업자 상태(국세청)", "en": "business status (tax office)"},
    "workplaces": {"ko": "사업장 등록(고용보험)", "en": "workplaces (employment insurance)"},
    "insured_headcounts": {"ko": "피보험자 수(근로복지공단)", "en": "insured workers (insurance register)"},
    "wage_arrears": {"ko": "임금체불 명단(고용노동부)", "en": "list of wage arrears (labour ministry)"},
    "agency_licences": {"ko": "파견·소개 허가 명부", "en": "licences of agencies"},
    "wage_quantiles": {"ko": "직종·지역별 임금 분포", "en": "pay by occupation and region"},
    "earlier_postings": {"ko": "앞서 낸 공고", "en": "earlier postings"},
    "occupation_model": {"ko": "직무로 직종을 판별하는 모형", "en": "model that codes duties to occupations"},
    "contact_phone_key": {"ko": "연락 전화번호", "en": "contact telephone"},
}


def why_not_run(reason: str, places: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """``NO_REGISTER: a, b`` or ``NOT_CARRIED: c|d`` in words; ``places``: columns by name."""
    code, _, names = reason.partition(": ")
    known = {**places, **_REGISTERS}
    said_of = [
        _OR[lang].join(known.get(name, {}).get(lang, name) for name in one.split("|"))
        for one in names.split(", ")
        if one
    ]
    return f"{_NOT_RUN[code][lang]}: {', '.join(said_of)}" if said_of else _NOT_RUN[code][lang]


@dataclass
class Point:
    """What one rule has to say of a posting under one code, all places together; texts by language.

    ``messages``: each wording with the words it was found in.
    """

    label: Mapping[str, str]
    outcome: str
    law: Sequence[Mapping[str, str]]
    advice: Mapping[str, str]
    messages: list[tuple[Mapping[str, str], list[str]]] = field(default_factory=list)
    fields: list[Mapping[str, str]] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)

    def add(
        self, message: Mapping[str, str], quote: str | None, place: Mapping[str, str] | None, facts: str | None
    ) -> None:
        """One finding more; a quote within another is left out."""
        self.fields += [place] if place else []
        self.facts |= json.loads(facts or "{}")
        quotes = next((known for said, known in self.messages if said == message), None)
        if quotes is None:
            quotes = []
            self.messages.append((message, quotes))
        if quote and not any(quote in known for known in quotes):
            quotes[:] = [known for known in quotes if known not in quote] + [quote]


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


def letter(title: str | None, decision: str, points: Sequence[Point], profile: str, lang: str) -> str:
    """All that an employer is told of one posting, each rule once, the gravest first; how to object comes last."""
    head = _LETTER[decision][lang] + (f" {_LETTER_ASKS[decision][lang]}" if points else "")
    parts = [f"「{title}」" if title else "", head]
    for number, point in enumerate(points, start=1):
        found = [filled(message[lang], quotes, point.facts, lang) for message, quotes in point.messages]
        outcome = NOT_JUDGED if point.outcome == "undetermined" else OUTCOMES[point.outcome]
        words = [outcome[lang]] if point.outcome == "undetermined" else [*found, outcome[lang]]
        quotes = list(dict.fromkeys(quote for _, quotes in point.messages for quote in quotes))
        said_of = {
            "field": ", ".join(dict.fromkeys(place[lang] for place in point.fields)),
            "law": "; ".join(entry[lang] for entry in point.law),
            "advice": filled(point.advice[lang], quotes, point.facts, lang),
        }
        lines = [f"{number}. {point.label[lang]}: {' '.join(words)}"]
        lines += [f"   {_LETTER_POINTS[name][lang]}: {text}" for name, text in said_of.items() if text]
        parts.append("\n".join(lines))
    if decision == "REJECT":
        parts.append(APPEAL[profile][lang])
    return "\n\n".join(part for part in parts if part)
