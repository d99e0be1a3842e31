"""What is said to an employer: the wording of a rule with the words and facts of one posting."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

#: facts that the rules know by a code, and what people call them; the models say the same (macro ``filled_wording``)
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


def filled(words: str, quotes: Sequence[str], facts: Mapping[str, object], lang: str) -> str:
    """Placeholders replaced in one pass, so that a quote with braces in it stays as it was written."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "quote":
            return " / ".join(quotes) or "-"
        fact = facts.get(match[1])
        return "-" if fact is None else said(match[1], fact, lang)

    return re.sub(r"\{([a-z_0-9]+)\}", value, words)


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
