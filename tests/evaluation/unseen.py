"""Wordings that no rule was written for, each put into an innocent posting: what the text rules do with new words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ingest.door import masked_text_sql
from lmi.core.yaml import load_yaml
from tests.evaluation.judging import judge_rows
from tests.evaluation.planted import RAISED
from tests.validation.vetting.support import INNOCENT
from validation.vetting.context import OWN_TABLES, REGISTERS
from validation.vetting.rules import RuleSet

FILE = Path(__file__).with_name("unseen.yml")
KINDS = ("plain", "disguised", "innocent")
#: what the posting must be beside its words for the rule to be asked: pay under the minimum, no telephone
BESIDE: dict[int, dict[str, Any]] = {
    11: {"wage_text": "시급 9,500원", "wage_type_code": "H", "wage_min": 9500},
    23: {"has_contact_phone": False, "has_contact_email": False, "contact_phone_key": None},
}


@dataclass(frozen=True)
class Unseen:
    """One row per wording: rule_no, kind, text, is_right (raised with overlapping words, or rightly not raised)."""

    wordings: pd.DataFrame

    def count(self, kind: str, rule: int | None = None) -> tuple[int, int]:
        """(right, all) of a kind, of one rule or of all."""
        of = self.wordings[self.wordings["kind"] == kind]
        of = of if rule is None else of[of["rule_no"] == rule]
        return int(of["is_right"].sum()), len(of)


def run_unseen(rules: RuleSet) -> Unseen:
    """Judge every wording in a posting of its own, in the profile of the public service."""
    listed = [
        {"rule_no": entry["rule"], "kind": kind, "text": text}
        for entry in load_yaml(FILE.read_text(encoding="utf-8"))
        for kind in KINDS
        for text in entry[kind]
    ]
    lead = str(INNOCENT["duties"]) + "\n"
    rows = []
    for number, wording in enumerate(listed):
        own = {"posting_id": str(number), "requisition_id": str(number), "business_no": None}
        own["duties"] = lead + at_the_door(wording["text"])
        rows.append(INNOCENT | BESIDE.get(wording["rule_no"], {}) | own)
    judged = judge_rows(rows, rules, "KR_PUBLIC", "unseen", OWN_TABLES | frozenset(REGISTERS))
    raised = judged.finding[judged.finding["outcome"].isin(RAISED)]
    for number, wording in enumerate(listed):
        of = raised[(raised["posting_id"] == str(number)) & (raised["rule_number"] == wording["rule_no"])]
        spans = of[(of["evidence_field"] == "duties") & (of["span_end"] > len(lead))]
        wording["is_right"] = of.empty if wording["kind"] == "innocent" else not spans.empty
    return Unseen(pd.DataFrame(listed))


def at_the_door(text: str) -> str:
    """A text with personal numbers masked as on arrival."""
    row = duckdb.execute(f"SELECT {masked_text_sql('?')}".replace("?", "$text"), {"text": text}).fetchone()
    assert row is not None
    return str(row[0])
