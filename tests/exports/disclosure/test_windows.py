"""What figures over a moving window tell of single months; and the rule by which occupation tables tell theirs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.disclosure.windows import betrayed, derived, meant, rounded
from tests.vintages import occupations

MONTHS = [f"{month:%Y-%m}" for month in pd.date_range("2022-10-01", periods=47, freq="MS")]


def nation() -> pd.DataFrame:
    """Occupations of which few register in a month, and in many months nobody."""
    rng = np.random.default_rng(1)
    mean = np.repeat([0.3, 0.6, 1, 2, 4], 60)[:, None]
    counts = rng.poisson(mean, (300, len(MONTHS))) * (rng.random((300, len(MONTHS))) < 0.5)
    return pd.DataFrame(counts, index=[f"{code:04}" for code in range(300)], columns=MONTHS)


def test_exact_sums_give_every_month_away_once_one_is_known() -> None:
    sums = np.array([[0.0, 3, 5, 6]])
    low, high = derived(sums, sums, 2)
    assert low.tolist() == high.tolist() == [[0, 0, 3, 2, 4]]


@settings(max_examples=8, deadline=None)
@given(months=st.lists(st.integers(0, 4), min_size=5, max_size=5), reach=st.integers(0, 2), window=st.integers(2, 3))
def test_bounds_are_those_of_all_series_that_fit(months: list[int], reach: int, window: int) -> None:
    def sums(series: np.ndarray) -> np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(series, window, axis=-1).sum(axis=-1)

    told = sums(np.array(months))
    low, high = derived(told[None] - float(reach), told[None] + float(reach), window)
    every = np.array(list(product(range(int(told.max()) + reach + 1), repeat=5)))
    fits = every[(abs(sums(every) - told) <= reach).all(axis=1)]
    assert low[0].tolist() == fits.min(axis=0).tolist() and high[0].tolist() == fits.max(axis=0).tolist()


def test_a_rounded_count_means_every_count_that_is_rounded_so() -> None:
    counts = np.arange(40)
    low, high = meant(rounded(counts, 5), 5)
    assert ((low <= counts) & (counts <= high)).all() and set(high - low) == {4, 7}
    assert np.isnan(rounded(np.arange(8), 5)).all() and rounded(np.array([8, 12, 13]), 5).tolist() == [10, 10, 15]


def test_no_small_month_can_be_worked_out_over_24_vintages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told exactly one in six can; rounded some; and those stand."""
    counts = nation()
    months = counts.iloc[:, -35:].to_numpy(float)
    sums = np.lib.stride_tricks.sliding_window_view(months, 12, axis=1).sum(axis=2)
    low, high = derived(np.where(sums < 5, 0, sums), np.where(sums < 5, 4, sums), 12)
    few = (months > 0) & (months < 5)
    assert (few & (low == high)).sum() > 0.15 * few.sum()
    gives_away, asked, record = occupations(counts, 24)
    assert (asked == few).all() and not gives_away.any()
    assert set(record["obs_value"].dropna() % 5) == {0} and record["obs_value"].notna().mean() > 0.3
    monkeypatch.setattr("exports.occupations.vintages.betrayed", lambda months, *_: np.zeros(months.shape, bool))
    weakened, _, _ = occupations(counts, 24)
    assert weakened.any()


@pytest.mark.parametrize("window", [24, 36])
def test_rounding_alone_protects_sums_over_years(window: int) -> None:
    """Jobs behind insured pay and outcomes of seekers are counted over 24 months, moves over 36. Told exactly they give
    months away."""
    months = nation().to_numpy(float)
    sums = np.lib.stride_tricks.sliding_window_view(months, window, axis=1).sum(axis=2)
    is_told = np.ones(sums.shape, bool)
    assert not betrayed(months, rounded(sums, 5), is_told, 5, 5).any()
    assert betrayed(months, sums, is_told, 1, 5).any()


def test_a_figure_that_holds_no_more_tells_nothing() -> None:
    month, is_told = np.array([[4.0]]), np.array([[True]])
    assert betrayed(month, np.array([[4.0]]), is_told, base=1, few=5).all()
    assert not betrayed(month, np.array([[3.0]]), is_told, base=1, few=5).any()
