"""What the rules make of known wordings dressed in each kind of disguise."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pandas as pd

from lmi.core.yaml import load_yaml
from sandbox.nation.engine import read_yaml
from tests.evaluation.judging import judge_rows
from tests.evaluation.planted import RAISED
from tests.evaluation.unseen import BESIDE, FILE, at_the_door
from tests.validation.vetting.support import INNOCENT
from validation.vetting.context import OWN_TABLES, REGISTERS
from validation.vetting.rules import RuleSet

_HANGUL = "[가-힣]"
_COUNTED = r"[0-9]{1,4}(?=[만원세개시살명]|퍼센트|프로|천원)"


def _between(mark: str) -> Callable[[str], str]:
    return lambda text: re.sub(f"(?<={_HANGUL})(?={_HANGUL})", mark, text)


def _split(text: str) -> str:
    """Every third syllable as the letters it is typed with."""

    def letters(match: re.Match[str]) -> str:
        number = ord(match[0]) - 0xAC00
        lead, vowel, tail = number // 588, number % 588 // 28, number % 28
        names = [unicodedata.name(chr(base + at)).split()[-1] for base, at in ((0x1100, lead), (0x1161, vowel))]
        names += [unicodedata.name(chr(0x11A7 + tail)).split()[-1]] if tail else []
        return "".join(unicodedata.lookup(f"HANGUL LETTER {name}") for name in names)

    syllables = list(re.finditer(_HANGUL, text))[1::3]
    out, done = "", 0
    for match in syllables:
        out += text[done : match.start()] + letters(match)
        done = match.end()
    return out + text[done:]


def _said(match: re.Match[str]) -> str:
    """A number below 10,000 in Hangul."""
    said = ""
    for place, digit in enumerate(reversed(match[0])):
        if digit != "0":
            said = (
                ("" if digit == "1" and place else "영일이삼사오육칠팔구"[int(digit)])
                + ["", "십", "백", "천"][place]
                + said
            )
    return said or "영"


#: what each kind does to a wording; one that stays as it was wears no disguise of that kind
DISGUISES: dict[str, Callable[[str], str]] = {
    "spaces": _between(" "),
    "middle dots": _between("·"),
    "homoglyphs": lambda text: re.sub("[!-~]", lambda m: chr(ord(m[0]) + 0xFEE0), text).translate({0xFF10: "O"}),
    "zero-width": _between("\u200b"),
    "split jamo": _split,
    "Hangul numerals": lambda text: re.sub(_COUNTED, _said, text),
}


def dressed(rules: RuleSet) -> pd.DataFrame:
    """Known wordings of the text rules and sentences that break none, plain and in each disguise, a row each: rule_no
    (NULL of the latter), kind, is_raised (with words over the wording; of the latter, by any text rule). Disguised are
    those that are right in plain words."""
    texts: list[tuple[int | None, str]] = [
        (v["rule"], text) for v in read_yaml("violations") if v["field"] in ("title", "duties") for text in v["plain"]
    ]
    for entry in load_yaml(FILE.read_text(encoding="utf-8")):
        texts += [(entry["rule"], text) for text in entry["plain"]] + [(None, text) for text in entry["innocent"]]
    texts += [(None, text) for text in read_yaml("decoys")]
    plain = _judged(rules, [(rule, "plain", text) for rule, text in texts])
    right = plain[plain["is_raised"] == plain["rule_no"].notna()]
    worn = [
        (None if pd.isna(row.rule_no) else int(row.rule_no), kind, new)
        for row in right.itertuples()
        for kind, wear in DISGUISES.items()
        if (new := wear(row.text)) != row.text
    ]
    return pd.concat([plain, _judged(rules, worn)], ignore_index=True)


def _judged(rules: RuleSet, texts: list[tuple[int | None, str, str]]) -> pd.DataFrame:
    lead = str(INNOCENT["duties"]) + "\n"
    rows: list[dict[str, Any]] = []
    for number, (rule, _, text) in enumerate(texts):
        own = {"posting_id": str(number), "requisition_id": str(number), "business_no": None}
        rows.append(INNOCENT | BESIDE.get(rule or 0, {}) | own | {"duties": lead + at_the_door(text)})
    found = judge_rows(rows, rules, "KR_PUBLIC", "dressed", OWN_TABLES | frozenset(REGISTERS)).finding
    found = found[
        found["outcome"].isin(RAISED) & (found["evidence_field"] == "duties") & (found["span_end"] > len(lead))
    ]
    raised = set(zip(found["posting_id"], found["rule_number"], strict=True))
    anything = {posting for posting, _ in raised}
    table = pd.DataFrame(texts, columns=["rule_no", "kind", "text"])
    table["is_raised"] = [
        str(number) in anything if rule is None else (str(number), rule) in raised
        for number, (rule, _, _) in enumerate(texts)
    ]
    return table
