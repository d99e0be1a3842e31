"""Job-Care suitability: how a person's record fits an occupation on five dimensions, with its reasons.

A pure function of a record, the requirements of an occupation and a day; ``docs/suitability.md`` says the formula,
``docs/suitability-vectors.json`` holds worked answers for apps that score on their own. Requirements are rows of
``mart_occupation_requirement``. A record that holds anything else than the five dimensions, such as sex, age, origin
or disability, is refused by ``suitability.schema.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = Path(__file__).with_name("suitability.schema.json")
DIMENSIONS = ("education", "major", "experience", "qualification", "training")
#: lost per level of education short of the required one
LEVEL_LOSS = 0.25
SAME_GROUP, RELATED_LICENCE, OLD_TRAINING = 0.6, 0.5, 0.5
#: a course completed longer ago than this is old
TRAINING_YEARS = 3


class RefusedRecord(ValueError):
    """The record does not have the published shape; the message names what is too much or wrong."""


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads(SCHEMA.read_text("utf-8")), format_checker=jsonschema.FormatChecker()
    )


def suitability(
    record: Mapping[str, Any], requirements: Mapping[str, Mapping[str, Any]], today: date
) -> dict[str, Any]:
    """Score of ``record`` against ``requirements`` (dimension -> its row) as of ``today``, all in 0..1.

    A dimension the record does not mention is unknown: it stays out of ``score`` but not out of ``coverage`` (known of
    required) and spans ``lower``..``upper``, the score if it were 0 or 1. A dimension the occupation does not require
    is out altogether. ``missing_licence`` is a gate: true when the law demands a licence and none is held, NULL when it
    is unknown. Score and bounds are None when nothing is known or required. Raises RefusedRecord.
    """
    errors = sorted(_validator().iter_errors(dict(record)), key=str)
    if errors:
        raise RefusedRecord("; ".join(error.message for error in errors))
    required = {name: requirements[name] for name in DIMENSIONS if name in requirements}
    explained = {name: _scored(name, record.get(name), row, today) for name, row in required.items()}
    weight = {name: float(row["weight"]) for name, row in required.items()}
    known = [name for name in required if explained[name]["score"] is not None]
    reached = sum(weight[name] * explained[name]["score"] for name in known)
    all_weight, known_weight = sum(weight.values()), sum(weight[name] for name in known)
    gate = required.get("qualification", {})
    held = record.get("qualification")
    return {
        "score": round(reached / known_weight, 4) if known_weight else None,
        "lower": round(reached / all_weight, 4) if all_weight else None,
        "upper": round((reached + all_weight - known_weight) / all_weight, 4) if all_weight else None,
        "coverage": [len(known), len(required)],
        "missing_licence": False if not gate.get("accepted") else _misses(held, gate["accepted"]),
        "dimensions": explained,
    }


def _misses(held: list[str] | None, accepted: list[str]) -> bool | None:
    return None if held is None else not set(held) & set(accepted)


def _scored(name: str, held: Any, row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Score of one dimension with its reason."""
    if held is None:
        return {"score": None, "reason": "unknown"}
    rules: dict[str, Callable[..., tuple[float, str]]] = {
        "education": _education, "major": _major, "experience": _experience, "qualification": _qualification,
        "training": _training,
    }  # fmt: skip
    score, reason = rules[name](held, row, today)
    return {"score": round(score, 4), "reason": reason}


def _education(held: str, row: Mapping[str, Any], today: date) -> tuple[float, str]:
    short = int(row["required_level"]) - int(held)
    return (1.0, "reached") if short <= 0 else (max(0.0, 1 - LEVEL_LOSS * short), f"levels_short:{short}")


def _major(held: list[dict[str, str]], row: Mapping[str, Any], today: date) -> tuple[float, str]:
    if {entry["major"] for entry in held} & set(row["accepted"]):
        return 1.0, "same_major"
    if {entry["group"] for entry in held} & set(row["partly"]):
        return SAME_GROUP, "same_group"
    return 0.0, "other_major" if held else "none"


def _experience(held: list[dict[str, Any]], row: Mapping[str, Any], today: date) -> tuple[float, str]:
    """Months in similar occupations count by similarity; one that is not listed as similar counts nothing."""
    similarity = dict(row.get("similarity") or {}) | {row["occupation_code"]: 1.0}
    months = sum(job["months"] * similarity.get(job["occupation_code"], 0.0) for job in held)
    return min(1.0, months / row["required_months"]), f"months_counted:{months:g}/{row['required_months']}"


def _qualification(held: list[str], row: Mapping[str, Any], today: date) -> tuple[float, str]:
    if set(held) & set(row["accepted"]):
        return 1.0, "mandatory_held"
    if set(held) & set(row["partly"]):
        return RELATED_LICENCE, "related_held"
    return 0.0, "none_held"


def _training(held: list[dict[str, str]], row: Mapping[str, Any], today: date) -> tuple[float, str]:
    days = [date.fromisoformat(c["completed"]) for c in held if c["occupation_code"] in row["accepted"]]
    days = [day for day in days if day <= today]
    if not days:
        return 0.0, "none_completed"
    last = max(days)
    # three years to the day; 29 February counts until 1 March
    is_recent = (today.year - last.year, (today.month, today.day)) <= (TRAINING_YEARS, (last.month, last.day))
    return (1.0, "completed_recently") if is_recent else (OLD_TRAINING, "completed_long_ago")
