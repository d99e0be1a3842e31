"""Rounded tables add up, stay next to the truth, and repeat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from exports.disclosure.rounding import round_table
from tests.exports.disclosure.support import random_table


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), base=st.sampled_from([3, 5, 10]))
def test_a_two_way_table_rounds_additively_and_zero_restricted(seed: int, base: int) -> None:
    value, sums = random_table(np.random.default_rng(seed), (6, 5), groups=2)
    rounded = round_table(value, sums, base, np.arange(len(value)))
    assert rounded.method == "controlled"
    assert not (sums @ rounded.value).any() and not (rounded.value % base).any()
    assert (abs(rounded.value - value) < base).all() and (rounded.value >= 0).all()


def test_three_dimensions_may_need_one_step_more() -> None:
    value, sums = random_table(np.random.default_rng(3), (4, 4, 3))
    rounded = round_table(value, sums, 5, np.arange(len(value)))
    assert rounded.method.startswith("controlled") and not (sums @ rounded.value).any()
    assert (abs(rounded.value - value) < 10).all()


def test_a_worked_table() -> None:
    """1 + 1 + 1 = 3 to base 3: one of the parts becomes 3."""
    rounded = round_table(np.array([1.0, 1, 1, 3]), sparse.csr_matrix([[1.0, 1, 1, -1]]), 3, np.arange(4))
    assert sorted(rounded.value[:3]) == [0, 0, 3] and rounded.value[3] == 3


def test_what_cannot_add_up_is_rounded_by_key_without_bias() -> None:
    """Cells above zero that are said to add up to nothing."""
    ids = np.array([f"cell {i}" for i in range(3000)])
    many = round_table(np.full(3000, 7.0), sparse.csr_matrix(np.ones((1, 3000))), 3, ids)
    assert many.method == "independent"
    assert many.value.mean() == pytest.approx(7, abs=0.1)
    again = round_table(np.full(3000, 7.0), sparse.csr_matrix(np.ones((1, 3000))), 3, ids)
    assert (many.value == again.value).all()
