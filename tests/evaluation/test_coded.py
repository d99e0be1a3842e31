"""The evaluation of coding: folds, figures and the part of the page, on titles written for the tests."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.evaluation import coded
from tests.validation.coding.support import SMALL, material
from validation.coding.coder import Examples


def test_figures_of_titles_not_learnt() -> None:
    found = coded.run(material(), **SMALL)
    assert (found["titles"], found["codes"]) == (221, 5)
    assert found["top_1"]["low"] <= found["top_1"]["mean"] <= found["top_1"]["high"]
    assert found["top_1"]["mean"] > 0.7
    assert found["top_5"]["mean"] == 1.0
    assert sum(row["titles"] for row in found["reliability"]) == 221
    assert 0.3 < found["neighbour"]["top_1"]["mean"] <= 1
    assert found["risk"]["by_confidence"]["at"][-1] == pytest.approx(1 - found["top_1"]["mean"], abs=0.02)
    text = coded.section({"KECO 2025: mine": found})
    assert "| KECO 2025: mine | 221 |" in text
    assert "most of the 5 codes" in text


def test_titles_at_random_codes_cannot_be_coded() -> None:
    """Leakage would show here: what has no pattern is not known on the other side of a split."""
    made = material()
    examples = Examples.of(made)
    mixed = dataclasses.replace(made, titles={
        (title, examples.codes[number * 7919 % 1009 % 5]) for number, title in enumerate(examples.titles)
    })  # fmt: skip
    assert coded.run(mixed, **SMALL)["top_1"]["mean"] < 0.45


def test_risk_by_coverage_by_hand() -> None:
    """Four titles: the surest is right, of two equally sure ones one is, the last is wrong."""
    found = coded.risk_by_coverage(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False]))
    # 0, 1/4, 1/3 and 1/2 of one, two, three and four titles
    assert found["at"][:3] == [0, 0, 0] and found["at"][4] == 0.25 and found["at"][9] == 0.5
    assert found["area"] == pytest.approx((0 + 1 / 4 + 1 / 3 + 1 / 2) / 4)
    worse = coded.risk_by_coverage(-np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False]))
    assert worse["area"] > found["area"] and worse["at"][9] == found["at"][9]
