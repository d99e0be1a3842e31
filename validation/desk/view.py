"""What the page of one posting says: marked texts, rules with law and advice, register facts, wording to the employer.

All results are plain data; the templates escape them. Nothing here makes HTML.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from validation.desk.queue import SCORE, reason_code
from validation.desk.store import Row
from validation.desk.words import FACTS, REGISTERS, WORDING, WORDS, named
from validation.vetting.rules import Rule, RuleSet
from validation.vetting.wording import APPEAL, filled, plain, said

#: canonical texts shown in full, in this order
TEXTS = ("title", "duties", "requirements", "wage_text", "working_hours_text", "work_address", "close_date_text")
#: outcomes from mild to grave
_GRAVITY = ("warn", "undetermined", "hold", "reject")


@dataclass(frozen=True)
class Piece:
    """A run of text under the same marks. ``kind``: text, or control for a character that is not to be seen."""

    text: str
    marks: tuple[int, ...] = ()
    gravity: str = ""
    ends: tuple[int, ...] = ()  # marks that end here
    kind: str = "text"


@dataclass(frozen=True)
class Reason:
    """One rule as it spoke about one posting; ``number`` is its mark in the texts."""

    number: int
    code: str
    rule: Rule | None
    rule_number: int
    rule_id: str
    outcome: str
    label: str
    law: tuple[str, ...]
    advice: str
    message: str
    quotes: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def tone(self) -> str:
        """How the page shows it: warnings like what holds, or samples would be known by having nothing else."""
        return "hold" if self.outcome == "warn" else self.outcome


def pieces(text: str, spans: Sequence[tuple[int, int, int, str]]) -> list[Piece]:
    """Cuts a text at the borders of all spans (start, end, mark, gravity; offsets in characters); spans may overlap.

    Characters without a shape (zero width, direction controls) become pieces of their own, named by their code point:
    they are how banned words are disguised, and must not turn the page around.
    """
    cut = [(max(0, s), min(len(text), e), m, g) for s, e, m, g in spans]
    valid = [span for span in cut if span[0] < span[1]]
    borders = {0, len(text)} | {b for s, e, _, _ in valid for b in (s, e)}
    for place, character in enumerate(text):
        if _is_control(character):
            borders |= {place, place + 1}
    cuts = sorted(borders)
    found = []
    for start, end in pairwise(cuts):
        over = [(m, g) for s, e, m, g in valid if s <= start and end <= e]
        marks = tuple(sorted({m for m, _ in over}))
        gravity = max((g for _, g in over), key=_GRAVITY.index, default="")
        ends = tuple(sorted({m for s, e, m, _ in valid if e == end and s <= start}))
        part = text[start:end]
        if _is_control(part[0]):
            found.append(Piece(f"U+{ord(part[0]):04X}", marks, gravity, ends, "control"))
        else:
            found.append(Piece(part, marks, gravity, ends))
    return found


def _is_control(character: str) -> bool:
    return character not in "\n\r\t" and unicodedata.category(character) in ("Cf", "Cc", "Cs", "Co")


def reasons(item: Row, rules: RuleSet, lang: str) -> list[Reason]:
    """Rules with a finding, the gravest first, numbered from 1."""
    by_code: dict[tuple[int, str], list[Row]] = {}
    for finding in item["findings"]:
        by_code.setdefault((finding["rule_number"], finding["code"]), []).append(finding)
    known = {rule.number: rule for rule in rules.rules}
    ordered = sorted(
        by_code.items(), key=lambda pair: (-max(_GRAVITY.index(f["outcome"]) for f in pair[1]), pair[0][0])
    )
    found = []
    for number, ((rule_number, code), findings) in enumerate(ordered, start=1):
        rule = known.get(rule_number)
        quotes = tuple(dict.fromkeys(f["quote"] for f in findings if f["quote"]))
        facts: dict[str, object] = {}
        for finding in findings:
            facts |= _facts(finding)
        profile = _profile(item)
        severity = max((f["severity"] for f in findings), key=_GRAVITY.index)
        found.append(
            Reason(
                number,
                code,
                rule,
                rule_number,
                findings[0]["rule_id"],
                max((f["outcome"] for f in findings), key=_GRAVITY.index),
                rule.label[lang] if rule else code,
                tuple(entry[lang] for entry in rule.basis(profile, severity)) if rule else (),
                filled(rule.advice[lang], quotes, facts, lang) if rule else "",
                _message(rule, findings, quotes, facts, lang),
                quotes,
                tuple(dict.fromkeys(f["evidence_field"] for f in findings if f["evidence_field"])),
            )
        )
    return found


def _profile(item: Row) -> str:
    return item["posting"].get("profile") or "KR_PUBLIC"


def _message(
    rule: Rule | None, findings: Sequence[Row], quotes: Sequence[str], facts: Mapping[str, object], lang: str
) -> str:
    """The rule's message, which says what was found; where nothing could be judged, that.

    What the machine made of it is not said: the reviewer must not see it, and the letter says what was decided.
    """
    if all(f["outcome"] == "undetermined" for f in findings):
        return WORDS["not_judged"][lang]
    if rule is None:
        return ""
    said = dict.fromkeys(rule.message_for(f["code"], f.get("signal"))[lang] for f in findings)
    return " ".join(filled(words, quotes, facts, lang) for words in said)


def _facts(finding: Row) -> dict[str, object]:
    facts = finding.get("facts")
    return json.loads(facts) if isinstance(facts, str) else dict(facts or {})


def marked_texts(item: Row, found: Sequence[Reason]) -> list[tuple[str, list[Piece]]]:
    """(canonical field, its pieces) of the texts the posting has."""
    number = {(reason.rule_number, reason.code): reason for reason in found}
    spans: dict[str, list[tuple[int, int, int, str]]] = {}
    for finding in item["findings"]:
        if finding["span_start"] is not None and finding["evidence_field"]:
            reason = number[finding["rule_number"], finding["code"]]
            spans.setdefault(finding["evidence_field"], []).append(
                (finding["span_start"], finding["span_end"], reason.number, reason.tone)
            )
    fields = [*TEXTS, *(field for field in spans if field not in TEXTS)]
    texts = [(field, item["posting"].get(field)) for field in fields]
    return [(field, pieces(str(text), spans.get(field, []))) for field, text in texts if text]


def register_facts(item: Row, lang: str) -> list[tuple[str, str]]:
    """(label, value) of what registers said about the employer and the pay, without what the posting says itself."""
    facts: dict[str, object] = {}
    for finding in item["findings"]:
        facts |= _facts(finding)
    shown = [name for name in facts if facts[name] is not None and item["posting"].get(name) is None]
    return [(FACTS.get(name, {}).get(lang, name), said(name, facts[name], lang)) for name in sorted(shown)]


@dataclass(frozen=True)
class Answer:
    """What a register last said of the employer; ``since`` is empty where the register has no such day."""

    label: str
    value: str
    since: str
    as_of: str


def register_answers(item: Row, lang: str) -> list[Answer]:
    """The last answers of the registers about the employer, in the reader's language."""
    found = []
    for answer in item["registers"]:
        register, value = answer["register"], answer["value"]
        if value is None:
            value = WORDS["on_no_list"][lang]
        elif register == "insured_headcounts":
            value = plain(int(value))
        shown = named(register, value, lang) or value
        found.append(Answer(REGISTERS[register][lang], shown, answer["since"] or "", answer["as_of"]))
    return found


@dataclass(frozen=True)
class Signal:
    """One signal of step 4 in the reader's language; ``facts``: (label, value) of what stands behind it."""

    label: str
    seen_from: str
    day: str
    strength: str
    facts: tuple[tuple[str, str], ...]


def signals(item: Row, lang: str) -> list[Signal]:
    """What says that the posting may no longer be open, the first seen first."""
    found = []
    for signal in item["signals"]:
        facts = {name: value for name, value in json.loads(signal["evidence"] or "{}").items() if value is not None}
        found.append(
            Signal(
                signal[f"label_{lang}"],
                signal[f"seen_from_{lang}"],
                signal["signal_date"],
                signal["strength"],
                tuple((FACTS.get(name, {}).get(lang, name), said(name, facts[name], lang)) for name in facts),
            )
        )
    return found


def signal_labels(items: Iterable[Row], lang: str) -> dict[str, str]:
    """Code of a signal -> its label, of all signals of the items."""
    return {signal["signal"]: signal[f"label_{lang}"] for item in items for signal in item["signals"]}


def wording(item: Row, found: Sequence[Reason], decision: str, lang: str) -> str:
    """Ready text to the employer: what is wrong in their own words, by which law, what to change, how to object."""
    words = WORDING[lang]
    posting = item["posting"]
    head = words["head"].format(employer=posting.get("employer_name") or words["sir"], posting_id=item["posting_id"])
    parts = [head, f"「{posting['title']}」" if posting.get("title") else ""]
    parts.append(words[f"SIGNAL_{decision}" if item["signals"] else decision])
    if decision in ("CONFIRMED_BAD", "CORRECTED"):
        grave = [r for r in found if r.outcome in ("hold", "reject")] or [r for r in found if r.outcome == "warn"]
        for number, reason in enumerate(grave, start=1):
            lines = [f"{number}. {reason.message}"]
            if reason.law:
                lines.append(f"   {words['law']}: {'; '.join(reason.law)}")
            if reason.advice:
                lines.append(f"   {words['advice']}: {reason.advice}")
            parts.append("\n".join(lines))
        parts.append(APPEAL[_profile(item)][lang] if decision == "CONFIRMED_BAD" else words["thanks"])
    return "\n\n".join(part for part in parts if part)


def own_codes(item: Row) -> list[str]:
    """Reason codes of the machine's decision, to be confirmed or not; a score is no reason to refuse."""
    codes = dict.fromkeys(reason_code(code) for code in item["codes"])
    return [code for code in codes if code != SCORE]
