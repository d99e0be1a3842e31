"""The score gives the published answers, says why, and refuses what must not decide."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exports.suitability import DIMENSIONS, RefusedRecord, suitability

PUBLISHED = json.loads((Path(__file__).parents[2] / "docs" / "suitability-vectors.json").read_text("utf-8"))
VECTORS = {vector["name"]: vector for vector in PUBLISHED["vectors"]}


def scored(vector: dict[str, Any]) -> dict[str, Any]:
    return suitability(vector["record"], vector["requirements"], date.fromisoformat(vector["today"]))


@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors(name: str) -> None:
    found = scored(VECTORS[name])
    explained = found.pop("dimensions")
    assert found == VECTORS[name]["expected"]
    assert {dimension: entry["score"] for dimension, entry in explained.items()} == VECTORS[name]["dimension_scores"]
    assert all(entry["reason"] for entry in explained.values())


def test_hiding_a_fact_does_not_look_like_an_improvement() -> None:
    """The lower bound never rises when a dimension is left out, and the bounds hold the score with it."""
    for vector in VECTORS.values():
        told = scored(vector)
        for dimension in vector["record"]:
            record = {name: value for name, value in vector["record"].items() if name != dimension}
            silent = scored(vector | {"record": record})
            assert silent["lower"] <= told["lower"] and silent["upper"] >= told["upper"]
            if dimension in vector["requirements"]:
                assert silent["coverage"][0] == told["coverage"][0] - 1


@pytest.mark.parametrize("record", PUBLISHED["refused"], ids=lambda record: list(record)[-1])
def test_features_that_must_not_decide_are_refused(record: dict[str, Any]) -> None:
    feature = list(record)[-1]
    requirements = PUBLISHED["vectors"][0]["requirements"]
    with pytest.raises(RefusedRecord, match=feature):
        suitability(record, requirements, date(2026, 10, 1))
    known = {name: value for name, value in record.items() if name != feature}
    assert set(known) == set(DIMENSIONS)
    assert suitability(known, requirements, date(2026, 10, 1))["score"] == 0.65


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(RefusedRecord):
        suitability({"training": [{"occupation_code": "3075", "completed": "2023-02-30"}]}, {}, date(2026, 10, 1))
