"""The evaluation of coding: folds, figures and the part of the page, on titles written for the tests."""

from __future__ import annotations

import dataclasses

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
