"""False alarms of the rules on real postings, and what they catch of real fraud.

The sources of the real profile are landed as in a release. The advertisements of ``fake_job_postings`` (EMSCAD) have no
source entry: their columns are mapped here. Legitimate ones count as false alarms; of the fraudulent ones only what
the rules raise is read, never a precision (see the README of the data).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from ingest.pipeline import fetch_and_land
from lmi.cli.real import FOLDERS, real_deliveries
from lmi.core.keys import load_keys
from lmi.core.settings import Settings, load_settings
from lmi.core.yaml import load_yaml
from tests.evaluation.judging import Judged, judge_accepted, judge_rows
from validation.pipeline import validate_loads
from validation.vetting.rules import RuleSet

DAY = date(2026, 10, 1)
SOURCES = ("usajobs_announcements", "jobposting_schemaorg", "jobtech_ads", "jobtech_imports")
EMSCAD = "fake_job_postings"
EMSCAD_FILE = Path(EMSCAD) / "dev.csv.gz"
DICTIONARY = "kr_occupation_dictionary"
#: the advertisements are of 2012 to 2014 and carry no date
EMSCAD_DAY = date(2014, 8, 31)
#: EU law and the United Kingdom's, which was of the Union in those years
_EU = frozenset(
    [
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU",
        "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "GB",
    ]
)  # fmt: skip
_EMPLOYMENT = {"Full-time": "10", "Part-time": "11", "Contract": "20", "Temporary": "20"}
JUDGEMENTS = Path(__file__).with_name("judgements.yml")


@dataclass(frozen=True)
class Alarms:
    """One set of real postings: how many, and what was raised on them."""

    name: str
    profile: str
    judged: Judged

    @property
    def postings(self) -> int:
        return self.judged.postings

    @property
    def is_legitimate(self) -> bool:
        """A set of postings known to be honest; the dictionary's texts are no postings."""
        return "fraudulent" not in self.name and self.name != DICTIONARY

    def share(self, *decisions: str) -> tuple[int, float]:
        """How many postings were decided so, and their share."""
        count = int(self.judged.decision["decision"].isin(decisions).sum())
        return count, count / self.postings if self.postings else 0.0

    def rows(self, outcome: str) -> pd.DataFrame:
        """A row per posting and rule that came to ``outcome``: posting_id, rule_id, quote, facts."""
        finding = self.judged.finding
        rows = finding[finding["outcome"] == outcome].sort_values(["rule_number", "posting_id", "span_start"])
        return rows.drop_duplicates(["posting_id", "rule_id"])[["posting_id", "rule_id", "quote", "facts"]]


def missing(settings: Settings) -> list[str]:
    """Folders of the real data that are not there."""
    return [name for name in (*FOLDERS, EMSCAD, DICTIONARY) if not (settings.real_data / name).is_dir()]


def run_sources(folder: Path, rules: RuleSet) -> list[Alarms]:
    """Land and judge the real sources in ``folder``."""
    given = load_settings(profile="real", home=folder / "real", drop=folder / "real" / "drop", keys_dir=folder / "keys")
    load_keys(given, create=True)
    found = []
    with ExitStack() as stack:
        settings, deliver = real_deliveries(given, stack)
        deliver(DAY)
        for source_id in SOURCES:
            validate_loads(settings, source_id, fetch_and_land(settings, source_id, DAY), DAY)
        for source_id in SOURCES:
            judged = judge_accepted(settings, rules, [source_id], DAY)
            profile = judged.decision["profile"].iloc[0] if len(judged.decision) else ""
            found.append(Alarms(source_id, profile, judged))
    return found


def emscad_rows(file: Path) -> list[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def canonical(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of EMSCAD in canonical columns. Its id, or twelve digits of a hash of its texts where it has none."""
    texts = "\n".join(row[name] for name in ("title", "description", "requirements"))
    country = row["location"][:2] or None
    return {
        "posting_id": row["emscad_job_id"] or hashlib.sha256(texts.encode()).hexdigest()[:12],
        "submitted_date": EMSCAD_DAY,
        "title": row["title"] or None,
        "duties": row["description"] or None,
        "requirements": "\n".join(row[name] for name in ("requirements", "benefits") if row[name]) or None,
        "work_address": row["location"] or None,
        "country_code": country,
        "employment_type_code": _EMPLOYMENT.get(row["employment_type"]),
        "wage_text": row["salary_range"] or None,
    }


def run_emscad(data: Path, rules: RuleSet) -> list[Alarms]:
    """Legitimate and fraudulent advertisements, those of the EU by its profile, all others by that of the US."""
    parts: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in emscad_rows(data / EMSCAD_FILE):
        posting = canonical(row)
        profile = "EU" if posting["country_code"] in _EU else "US"
        half = "fraudulent" if row["fraudulent"] == "1" else "legitimate"
        parts.setdefault((half, profile), []).append(posting)
    return [
        Alarms(f"{EMSCAD}, {half}", profile, judge_rows(rows, rules, profile, EMSCAD))
        for (half, profile), rows in sorted(parts.items(), reverse=True)
    ]


def run_dictionary(data: Path, rules: RuleSet) -> Alarms:
    """Descriptions of the Korean Dictionary of Occupations: no postings, but real Korean texts about honest work."""
    with gzip.open(data / DICTIONARY / "occupations.csv.gz", "rt", encoding="utf-8-sig", newline="") as text:
        rows = [
            {
                "posting_id": f"{row['dJobCd']}-{row['dJobCdSeq']}", "submitted_date": DAY, "title": row["dJobNm"],
                "duties": f"{row['workSum']}\n{row['doWork']}",
            }
            for row in csv.DictReader(text)
        ]  # fmt: skip
    return Alarms(DICTIONARY, "KR_PUBLIC", judge_rows(rows, rules, "KR_PUBLIC", DICTIONARY))


def judgements() -> dict[tuple[str, str], dict[str, Any]]:
    """Our judgement of rejected real postings: (posting id, rule id) -> right (bool), why."""
    entries = load_yaml(JUDGEMENTS.read_text(encoding="utf-8")) or []
    return {(str(e["posting"]), e["rule"]): e for e in entries}
