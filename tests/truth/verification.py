"""The verification recomputed from decisions as they were delivered and from the judgements kept beside the postings.

Loops over decisions and plain groupings; nothing of the models is imported. ``_T`` is the total of a dimension, ``_U``
what is not stated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache, cached_property
from math import exp, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lmi.core.settings import Settings
from tests.truth.recompute import TOTAL, UNKNOWN, province, submissions, table
from validation.vetting.decisions import vetted_evaluations
from validation.vetting.rules import load_rules

REFUSING = {"REFUSE", "REJECT", "CONFIRMED_BAD"}
ANSWERS = {"CONFIRMED_OK", "CORRECTED", "CONFIRMED_BAD"}
FLAGS = ("HOLD", "REJECT")
SEVERITIES = {"reject": 1, "hold": 2, "warn": 3}
STEPS = ["S1_OFFICE", "S3_ALGORITHM", "S2_CALLCENTER", "S4_COHERENCE"]
SIZES = [(0, "S_LT5"), (5, "S5T29"), (30, "S30T99"), (100, "S100T299"), (300, "S_GE300")]
SUBMISSIONS, REVIEWS = "vacancy_submissions", "vacancy_reviews"
#: of the normal distribution: 95 %
Z = 1.96


def delivered(truth: Path, name: str, as_of: date) -> pd.DataFrame:
    """Rows of a provider that came until the day, each version of each record."""
    rows = pd.read_parquet(truth.parent / "provider" / f"{name}.parquet")
    return rows[pd.to_datetime(rows["_delivery_date"]) <= pd.Timestamp(as_of)]


@cache
def decisions(truth: Path, as_of: date) -> pd.DataFrame:
    """Decisions of people and provider in order of time: posting_id, step_code, decision, reasons, reviewer_id, day."""
    rows = delivered(truth, "vacancy_reviews", as_of)
    rows = rows.assign(
        step=rows["step_code"].map(STEPS.index), decided_at=pd.to_datetime(rows["decided_at"]),
        day=pd.to_datetime(rows["decided_date"]), received=pd.to_datetime(rows["received_date"]),
        reasons=[tuple(dict.fromkeys(pd.io.json.ujson_loads(text or "[]"))) for text in rows["reason_codes"]],
    )  # fmt: skip
    return rows.sort_values(["day", "decided_at", "step", "review_id"]).reset_index(drop=True)


def labour_months(truth: Path, as_of: date) -> list[str]:
    """Months from the first submission on, at most sixty before the present one."""
    first = pd.Period(table(truth, "vacancies")["submitted_date"].min(), "M")
    months = pd.period_range(max(first, pd.Period(as_of, "M") - 60), pd.Period(as_of, "M"))
    return [str(month) for month in months]


def reviewer_load(truth: Path, as_of: date) -> dict[tuple[str, ...], dict[str, int]]:
    """By (month, source, step, selection): decisions, unreached, reviewers and days on which one of them decided."""
    cells: dict[tuple[str, ...], list[tuple[str, date, str]]] = {}
    people = decisions(truth, as_of).dropna(subset=["reviewer_id"])
    for row in people.itertuples():
        for step, selection in ((TOTAL, TOTAL), (row.step_code, TOTAL), (row.step_code, UNKNOWN)):
            cell = (f"{row.day:%Y-%m}", REVIEWS, step, selection)
            cells.setdefault(cell, []).append((row.reviewer_id, row.day, row.decision))
        cells.setdefault((f"{row.day:%Y-%m}", TOTAL, TOTAL, TOTAL), []).append((row.reviewer_id, row.day, row.decision))
    months = set(labour_months(truth, as_of))
    return {
        cell: {
            "decisions": len(rows), "unreached": sum(decision == "UNREACHABLE" for *_, decision in rows),
            "reviewers": len({who for who, *_ in rows}), "reviewer_days": len({(who, day) for who, day, _ in rows}),
            "month_decisions": len(cells[cell[0], TOTAL, TOTAL, TOTAL]),
        }
        for cell, rows in cells.items() if cell[0] in months
    }  # fmt: skip


# --- why submissions were refused


def weights() -> dict[str, tuple[int, int]]:
    """Reason code -> (how grave the gravest case of its rule is, number of the rule); of several rules the first."""
    found: dict[str, tuple[int, int]] = {}
    for rule in sorted(load_rules().rules, key=lambda rule: rule.number):
        gravest = min(SEVERITIES[case.severity] for case in rule.cases)
        for case in rule.cases:
            found.setdefault(case.code, (gravest, rule.number))
    return found


def rejection_reasons(truth: Path, judgements: Judgements, as_of: date) -> dict[tuple[str, ...], tuple[int, int]]:
    """By (month, channel, decided_by, basis, reason): submissions with the reason, and all that were refused."""
    heaviness = weights()
    refused = _refused_by_people(truth, as_of) | _refused_by_rules(judgements)
    found = submissions(truth, as_of).set_index("posting_id")
    states, months, channels = (found[name].to_dict() for name in ("state", "month", "channel_code"))
    counts: Counter[tuple[str, ...]] = Counter()
    totals: Counter[tuple[str, ...]] = Counter()
    for (decided_by, posting_id), (reasons, primary) in refused.items():
        if decided_by == "VERIFICATION" and states[posting_id] != "rejected":
            continue
        order = sorted(reasons, key=lambda code: (code != primary, *heaviness.get(code, (4, 10_000)), code))
        for channel in (channels[posting_id], TOTAL):
            cell = (months[posting_id], channel, decided_by)
            totals[cell] += 1
            counts[*cell, "PRIMARY", order[0]] += 1
            for code in order:
                counts[*cell, "ALL", code] += 1
    shown = set(labour_months(truth, as_of))
    return {cell: (n, totals[cell[:3]]) for cell, n in counts.items() if cell[0] in shown}


def _refused_by_people(truth: Path, as_of: date) -> dict[tuple[str, str], tuple[Iterable[str], str | None]]:
    """The last refusing decision of each submission: its reasons, none of which is said to weigh most."""
    rows = decisions(truth, as_of)
    rows = rows[rows["decision"].isin(REFUSING)]
    return {("VERIFICATION", row.posting_id): (row.reasons or (UNKNOWN,), None) for row in rows.itertuples()}


def _refused_by_rules(judgements: Judgements) -> dict[tuple[str, str], tuple[Iterable[str], str | None]]:
    """Submissions that our rules reject as they stand: codes of the findings that reject, and the primary one."""
    judged, rejecting = judgements.in_force, judgements.findings.query("outcome == 'reject'")
    codes = rejecting.groupby(["source_id", "record_hash", "posting_id", "context"])["code"].agg(set).to_dict()
    stand = judged[(judged["source_id"] == SUBMISSIONS) & (judged["decision"] == "REJECT")]
    keys = stand[["source_id", "record_hash", "posting_id", "context"]].itertuples(index=False, name=None)
    return {
        ("RULES", key[2]): (codes[key], primary)
        for key, primary in zip(keys, stand["primary_code"], strict=True) if key in codes
    }  # fmt: skip


# --- what our rules said


class Judgements:
    """What the rules said of each load that was delivered until the day."""

    def __init__(self, settings: Settings, as_of: date) -> None:
        self._loads = vetted_evaluations(settings, as_of)

    def _read(self, name: str) -> pd.DataFrame:
        """All rows of one file of the judgements, with the load and the day on which it was delivered."""
        days = [pd.Timestamp(load.manifest["delivery_date"]) for load in self._loads]
        parts = [
            pd.read_parquet(load.path(name)).assign(load_id=load.load_id, delivered=day)
            for load, day in zip(self._loads, days, strict=True)
        ]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def all(self) -> pd.DataFrame:
        return self._read("decision")

    @cached_property
    def findings(self) -> pd.DataFrame:
        return self._read("finding")

    @cached_property
    def in_force(self) -> pd.DataFrame:
        """The latest judgement of each posting by source, in the context in which it was first given."""
        rows = self.all.sort_values(["delivered", "load_id"]).reset_index(drop=True)
        rows["codes"] = [tuple(codes) for codes in rows["reasons"]]
        version = ["source_id", "posting_id", "record_hash"]
        rows["came"] = rows.groupby(version)["delivered"].transform("min")
        same = [*version, "profile", "rule_set", "decision", "codes"]
        rows["last"] = rows.groupby(same)["delivered"].transform("max")
        first = rows.drop_duplicates(same).sort_values(["last", "came", "record_hash"])
        return first.drop_duplicates(["source_id", "posting_id"], keep="last")


def rule_coverage(judgements: Judgements) -> dict[tuple[str, int], dict[str, int]]:
    """By source and rule: postings judged, and how many of them it warned of, held, rejected or could not judge."""
    judged = judgements.all.groupby("source_id").size()
    counts: dict[tuple[str, int], Counter[str]] = {
        (str(source), rule.number): Counter(judgements=int(n)) for source, n in judged.items()
        for rule in load_rules().rules
    }  # fmt: skip
    of_posting: dict[tuple[str, int, str, str, str], list[tuple[str, str]]] = {}
    columns = ["source_id", "rule_number", "load_id", "record_hash", "posting_id", "outcome", "severity"]
    for *key, outcome, severity in judgements.findings[columns].itertuples(index=False, name=None):
        of_posting.setdefault(tuple(key), []).append((outcome, severity))
    names = {"reject": "rejected", "hold": "held", "warn": "warned"}
    for (source, number, *_), raised in of_posting.items():
        if all(outcome == "undetermined" for outcome, _ in raised):
            counts[source, number]["undetermined"] += 1
        else:
            counts[source, number][names[min((s for _, s in raised), key=SEVERITIES.__getitem__)]] += 1
    return {cell: dict(found) for cell, found in counts.items()}


# --- how well step 3 judges


def _answers(truth: Path, as_of: date) -> pd.DataFrame:
    """Answers of the call centre in order of time, each with the version of the submission that lay before it."""
    rows = decisions(truth, as_of)
    rows = rows[(rows["step_code"] == "S2_CALLCENTER") & rows["decision"].isin(ANSWERS)].copy()
    came = delivered(truth, SUBMISSIONS, as_of).groupby("posting_id")["_delivery_date"].agg(sorted).to_dict()
    rows["version"] = [
        max(sum(pd.Timestamp(day) <= received for day in came.get(posting_id, [])), 1)
        for posting_id, received in zip(rows["posting_id"], rows["received"], strict=True)
    ]
    rows["is_bad"] = rows["decision"] == "CONFIRMED_BAD"
    return rows


def _pairs(answers: pd.DataFrame) -> dict[str, tuple[bool, bool]]:
    """What the first two people said of one version, each the first time, by posting; of several versions the first."""
    found: dict[str, tuple[bool, bool]] = {}
    said = answers.dropna(subset=["reviewer_id"]).drop_duplicates(["posting_id", "version", "reviewer_id"])
    for (posting_id, _), rows in said.groupby(["posting_id", "version"], sort=True):
        if len(rows) > 1:
            found.setdefault(posting_id, tuple(rows["is_bad"].iloc[:2]))
    return found


def judged(truth: Path, judgements: Judgements, as_of: date) -> pd.DataFrame:
    """One row per posting and algorithm: month, decision, label, stratum and what the figures are broken down by."""
    own = submissions(truth, as_of).set_index("posting_id")
    sizes = (
        delivered(truth, "workplaces", as_of).sort_values("_delivery_date").drop_duplicates("workplace_no", keep="last")
    )
    last = delivered(truth, SUBMISSIONS, as_of).sort_values("updated_at").drop_duplicates("posting_id", keep="last")
    places = own.index.map(last.set_index("posting_id")["workplace_no"])
    heads = places.map(sizes.set_index("workplace_no")["headcount"])
    facts = pd.DataFrame({
        "source": SUBMISSIONS, "month": own["month"], "channel": own["channel_code"].fillna(UNKNOWN),
        "region": own["region_code"],
        "employer_size": [UNKNOWN if pd.isna(n) else [size for least, size in SIZES if n >= least][-1] for n in heads],
        "is_posted": own["state"] == "posted",
    })  # fmt: skip
    ours = judgements.in_force
    elsewhere = ours[ours["source_id"] == "portal_vacancies"].set_index("posting_id")
    ours = ours[ours["source_id"] == SUBMISSIONS].set_index("posting_id")
    days = pd.read_parquet(truth.parent / "provider" / "portal_vacancies.parquet").set_index("posting_id")
    if len(elsewhere):
        there = days.loc[elsewhere.index]
        portal = pd.DataFrame({
            "source": "portal_vacancies", "month": pd.to_datetime(there["posted_date"]).dt.strftime("%Y-%m"),
            "channel": UNKNOWN, "region": [province(code, as_of) for code in there["region_code"]],
            "employer_size": UNKNOWN, "is_posted": True,
        })  # fmt: skip
        facts, ours = pd.concat([facts, portal]), pd.concat([ours, elsewhere])
    rows = decisions(truth, as_of)
    step_3 = rows[rows["step_code"] == "S3_ALGORITHM"].drop_duplicates("posting_id", keep="last")
    said = {"RULES": ours["decision"], "PROVIDER": step_3.set_index("posting_id")["decision"]}
    known = {name: found[found.isin(["PASS", "WARN", *FLAGS])] for name, found in said.items()}
    answers = _answers(truth, as_of)
    labels, pairs = answers.groupby("posting_id")["is_bad"].last().to_dict(), _pairs(answers)
    parts = []
    for name, other in (("RULES", "PROVIDER"), ("PROVIDER", "RULES")):
        part = facts.loc[known[name].index].assign(judged_by=name, decision=known[name])
        others = part.index.map(known[other].to_dict())
        part["stratum"] = [
            "HELD" if o == "HOLD" else "REJECTED" if o == "REJECT" and other == "RULES" else "OTHER" for o in others
        ]
        part["is_bad"] = pd.Series(part.index.map(labels.get), index=part.index, dtype=object)
        part["pair"] = pd.Series(part.index.map(pairs.get), index=part.index, dtype=object)
        parts.append(part)
    return pd.concat(parts)


def quality(rows: pd.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    """Counts and figures by (month or ``_T``, algorithm, breakdown, code)."""
    found = {}
    rows = pd.concat([rows, rows.assign(month=TOTAL)])
    for breakdown, column in (
        ("total", None),
        *((name, name) for name in ("source", "channel", "region", "employer_size")),
    ):
        codes = rows.assign(code=TOTAL if column is None else rows[column])
        for (month, name, code), cell in codes.groupby(["month", "judged_by", "code"]):
            found[month, name, breakdown, code] = _cell(cell)
    for (month, name, breakdown, _), cell in found.items():
        if breakdown != "total":
            _compare(cell, found[month, name, "total", TOTAL])
    return found


def _cell(rows: pd.DataFrame) -> dict[str, Any]:
    said, bad = rows["decision"].to_numpy(), rows["is_bad"].to_numpy()
    flagged = np.isin(said, FLAGS)
    labelled = np.array([label is not None and not pd.isna(label) for label in bad], bool)
    is_bad = np.array([bool(label) if known else False for label, known in zip(bad, labelled, strict=True)], bool)
    pairs = Counter(pair for pair in rows["pair"] if isinstance(pair, tuple))
    strata, collapsed = _collapsed(rows["stratum"].to_numpy(), ~flagged, labelled)
    cell: dict[str, Any] = {
        "judged": len(rows), "passed": int((said == "PASS").sum()), "warned": int((said == "WARN").sum()),
        "held": int((said == "HOLD").sum()), "rejected": int((said == "REJECT").sum()),
        "posted": int(rows["is_posted"].sum()), "flagged": int(flagged.sum()),
        "flagged_bad": int((flagged & is_bad).sum()), "flagged_good": int((flagged & labelled & ~is_bad).sum()),
        "flagged_labelled": int((flagged & labelled).sum()), "passes": int((~flagged).sum()),
        "passes_audited": int((~flagged & labelled).sum()), "passes_bad": int((~flagged & is_bad).sum()),
        "both_bad": pairs[True, True], "only_first_bad": pairs[True, False], "only_second_bad": pairs[False, True],
        "both_good": pairs[False, False], "strata_collapsed": collapsed,
    }  # fmt: skip
    k, n = cell["flagged_bad"], cell["flagged_labelled"]
    precision = _over(k, n)
    low, high = wilson(k, n)
    caught = None if precision is None else cell["flagged"] * precision
    missed = _missed(strata, ~flagged, labelled, is_bad)
    bounds = dict(zip(("estimate", "low", "high"), missed, strict=True))
    recall = {
        name: None if caught is None or bounds[of] is None else _over(caught, caught + bounds[of])
        for name, of in (("recall", "estimate"), ("recall_low", "high"), ("recall_high", "low"))
    }
    return cell | recall | {
        "precision": precision, "precision_low": low, "precision_high": high, "caught_estimate": caught,
        "missed_estimate": bounds["estimate"], "miss_rate": _over(bounds["estimate"], cell["passes"]),
        "miss_rate_low": _over(bounds["low"], cell["passes"]), "miss_rate_high": _over(bounds["high"], cell["passes"]),
        "f1": None if precision is None or recall["recall"] is None else _over(
            2 * precision * recall["recall"], precision + recall["recall"]),
        "false_positives_per_1000_posted": None if caught is None else _over(
            1000 * (cell["flagged"] - caught), cell["posted"]),
        "hold_rate": _over(cell["held"], cell["judged"]), "reviewer_kappa": kappa(pairs),
    }  # fmt: skip


def _collapsed(strata: np.ndarray, passed: np.ndarray, labelled: np.ndarray) -> tuple[np.ndarray, int]:
    """Strata with those of the doubted made one where either shows fewer than two; how many showed so few."""
    seen = {name: Counter(labelled[passed & (strata == name)].tolist()) for name in ("HELD", "REJECTED")}
    few = [name for name, labels in seen.items() if labels[True] < 2 and labels[False]]
    if not few or not all(seen.values()):
        return strata, 0
    return np.where(np.isin(strata, list(seen)), "DOUBTED", strata), len(few)


def _missed(
    strata: np.ndarray, passed: np.ndarray, labelled: np.ndarray, is_bad: np.ndarray
) -> tuple[float | None, float | None, float | None]:
    """Bad ones among the passes, with bounds, each stratum by its own audited share; None while one has no audit."""
    total = np.zeros(3)
    audits = 0
    for stratum in set(strata[passed]):
        here = passed & (strata == stratum)
        passes, seen, bad = int(here.sum()), int((here & labelled).sum()), int((here & is_bad).sum())
        if not seen:
            return None, None, None
        audits += seen
        low, high = (bad / passes, bad / passes) if seen == passes else wilson(bad, seen)
        total += passes * np.array([bad / seen, low, high])
    return (float(total[0]), float(total[1]), float(total[2])) if audits else (None, None, None)


def _compare(cell: dict[str, Any], whole: dict[str, Any]) -> None:
    """The rate of holds beside that of the whole, with the bounds of its logarithm."""
    k1, n1, k2, n2 = cell["held"], cell["judged"], whole["held"], whole["judged"]
    cell["hold_rate_ratio"] = _over(k1 * n2, n1 * k2)
    if k1 and k2:
        spread = exp(Z * sqrt(max(1 / k1 - 1 / n1 + 1 / k2 - 1 / n2, 0)))
        cell["hold_rate_ratio_low"], cell["hold_rate_ratio_high"] = (
            cell["hold_rate_ratio"] / spread, cell["hold_rate_ratio"] * spread,
        )  # fmt: skip


def wilson(k: float, n: float) -> tuple[float | None, float | None]:
    """Bounds within which the share may lie, from the roots of (share - k/n)^2 = z^2 share (1 - share) / n."""
    if not n:
        return None, None
    roots = np.roots([1 + Z * Z / n, -(2 * k / n + Z * Z / n), (k / n) ** 2])
    return float(roots.real.min()), float(roots.real.max())


def kappa(pairs: Counter[tuple[bool, bool]]) -> float | None:
    """Agreement beyond chance of two people (Cohen 1960)."""
    n = sum(pairs.values())
    if not n:
        return None
    agreed = (pairs[True, True] + pairs[False, False]) / n
    first, second = ((pairs[True, True] + pairs[pair]) / n for pair in ((True, False), (False, True)))
    chance = first * second + (1 - first) * (1 - second)
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def _over(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below
