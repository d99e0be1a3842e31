"""Calibration, threshold and measures, by hand-computed answers and by planted probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from validation.coding.confidence import Calibration, Candidates, measures, threshold_for


def test_the_threshold_is_the_lowest_that_keeps_the_precision() -> None:
    sure = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    assert threshold_for(0.75, sure, right) == 0.6  # 3 of 4
    assert threshold_for(0.9, sure, right) == 0.8  # 2 of 2
    assert threshold_for(0.7, sure, ~right) > 1  # nothing reaches it: everything is left to people
    # equal confidences stand or fall together
    assert threshold_for(0.9, np.array([0.9, 0.5, 0.5]), np.array([True, True, False])) == 0.9


def test_measures_by_hand() -> None:
    sure = np.array([[0.95, 0.02], [0.95, 0.6], [0.35, 0.3], [0.35, 0.1]])
    valid = np.array([[True, False], [False, True], [True, False], [False, False]])
    found = measures(sure, valid, 0.5)
    assert (found["titles"], found["top_1"], found["top_5"]) == (4, 0.5, 0.75)
    assert (found["coverage"], found["precision"]) == (0.5, 0.5)
    # |.95 − .5| and |.35 − .5|, half of the titles each
    assert found["calibration_error"] == pytest.approx(0.3)
    assert [(row["from"], row["titles"], row["observed"]) for row in found["reliability"]] == [
        (0.3, 2, 0.5),
        (0.9, 2, 0.5),
    ]
    assert measures(sure, valid, 0.99)["precision"] is None


def test_calibration_undoes_overconfidence() -> None:
    random = np.random.default_rng(3)
    truth = random.uniform(0.05, 0.95, 6_000)
    odds = 3 * np.log(truth / (1 - truth))  # three times as sure as it may be
    said = 1 / (1 + np.exp(-odds))
    candidates = Candidates(np.tile([0, 1], (6_000, 1)), np.column_stack([said, np.full(6_000, 1e-5)]))
    valid = np.column_stack([random.random(6_000) < truth, np.zeros(6_000, bool)])
    before = measures(candidates.probabilities, valid, 0.5)["calibration_error"]
    sure = Calibration.fit(candidates, valid).confidences(candidates)
    assert before > 0.1
    assert measures(sure, valid, 0.5)["calibration_error"] < 0.03


def test_calibration_of_one_outcome_is_its_share() -> None:
    candidates = Candidates(np.zeros((8, 1), int), np.full((8, 1), 0.4))
    sure = Calibration.fit(candidates, np.ones((8, 1), bool)).confidences(candidates)
    assert sure == pytest.approx(0.9)


def test_any_valid_code_counts() -> None:
    candidates = Candidates.best_of(np.array([[0.1, 0.6, 0.3]], np.float32))
    assert candidates.columns.tolist() == [[1, 2, 0]]
    assert candidates.are_valid([{0, 1}]).tolist() == [[True, False, True]]
