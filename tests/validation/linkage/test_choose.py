"""Probabilities add up, rivals share what there is, and the threshold is the one the arithmetic gives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.linkage.choose import best_threshold, choose, probabilities

BOTH = frozenset({"left", "right"})
NOBODY: frozenset[str] = frozenset()


def weighed(*pairs: tuple[str, str, float]) -> pa.Table:
    left, right, weight = zip(*pairs, strict=True)
    return pa.table({"left": left, "right": right, "weight": list(weight)})


def test_expected_f1_by_hand() -> None:
    # taken 1: 2·.9/(1+1.7)=.667; 2: 2·1.5/(2+1.7)=.811; 3: 2·1.7/(3+1.7)=.723
    threshold, f1 = best_threshold(np.array([0.9, 0.6, 0.2]), 1.7)
    assert (threshold, round(f1, 4)) == (0.6, round(3.0 / 3.7, 4))


def test_equal_probabilities_are_taken_together() -> None:
    threshold, f1 = best_threshold(np.array([0.5, 0.5]), 1.0)
    assert (threshold, f1) == (0.5, pytest.approx(2 / 3))
    assert best_threshold(np.array([]), 0.0) == (1.0, 0.0)


def test_two_equal_rivals_share_what_one_would_have() -> None:
    codes = np.array([0, 0]), np.array([0, 1])
    alone = probabilities(np.array([30.0, 30.0]), *codes, 10_000, NOBODY)
    rivals = probabilities(np.array([30.0, 30.0]), *codes, 10_000, frozenset({"left"}))
    assert alone.min() > 0.99
    assert rivals[0] == rivals[1] <= 0.5


def test_each_record_is_kept_once_in_its_best_pair() -> None:
    pairs, _, _ = choose(weighed(("a", "x", 40), ("a", "y", 30), ("b", "x", 35), ("b", "y", 20)), 1_000_000, BOTH)
    assert list(zip(pairs["left"].to_pylist(), pairs["right"].to_pylist(), strict=True)) == [("a", "x"), ("b", "y")]
    many, _, _ = choose(weighed(("a", "x", 40), ("b", "x", 39)), 1_000_000, frozenset({"left"}))
    assert many.num_rows == 2


def test_nothing_to_choose_from() -> None:
    empty = pa.table(
        {"left": pa.array([], pa.string()), "right": pa.array([], pa.string()), "weight": pa.array([], pa.float64())}
    )
    pairs, threshold, f1 = choose(empty, 100, BOTH)
    assert (pairs.num_rows, threshold, f1) == (0, 1.0, 0.0)


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 8), st.floats(0.1, 60)),
        min_size=1,
        max_size=40,
        unique_by=lambda p: p[:2],
    )
)
def test_no_record_is_more_than_one_person(found: list[tuple[int, int, float]]) -> None:
    left, right = np.array([p[0] for p in found]), np.array([p[1] for p in found])
    result = probabilities(np.array([p[2] for p in found]), left, right, 81, BOTH)
    assert (np.bincount(left, result) <= 1.00001).all()
    assert (np.bincount(right, result) <= 1.00001).all()
    table = weighed(*((str(one), str(other), weight) for one, other, weight in found))
    pairs, _, _ = choose(table, 81, BOTH)
    assert len(set(pairs["left"].to_pylist())) == len(set(pairs["right"].to_pylist())) == pairs.num_rows
