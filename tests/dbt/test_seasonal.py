"""Seasonal adjustment of series whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dbt_project.seasonal import adjust, f_test, qs_test, with_annual_totals

Values = NDArray[np.float64]
YEARS = 6
MONTHS = np.tile(np.arange(1, 13), YEARS)
SEASON = 1 + 0.2 * np.sin(2 * np.pi * MONTHS / 12)
#: Lunar New Year falls in January or February, with three days off; a third regressor does not matter
FEAST = np.zeros((12 * YEARS, 3))
for year, month in enumerate((1, 2, 1, 2, 2, 1)):
    FEAST[12 * year + month - 1, 0] = 3.0
FEAST[:, 2] = np.random.default_rng(5).integers(19, 24, 12 * YEARS)


def series(feast_effect: float = 0.0, noise: float = 0.01, seed: int = 1) -> Values:
    """Level 1,000 growing by a fifth, a season, an effect per day of the feast, and noise."""
    rng = np.random.default_rng(seed)
    level = np.linspace(1000, 1200, len(MONTHS))
    return level * SEASON * np.exp(feast_effect * FEAST[:, 0] + noise * rng.standard_normal(len(MONTHS)))


def test_season_is_taken_out_and_the_level_kept() -> None:
    found = adjust(series(), MONTHS, FEAST)
    assert found.is_multiplicative and found.has_holidays
    level = np.linspace(1000, 1200, len(MONTHS))
    assert np.abs(found.adjusted / level - 1).max() < 0.05
    assert qs_test(np.log(series()))[1] < 0.001 and f_test(np.log(series()), MONTHS)[1] < 0.001
    assert qs_test(np.log(found.adjusted))[1] > 0.01 and f_test(np.log(found.adjusted), MONTHS)[1] > 0.01


@pytest.mark.parametrize("values", [series(), series() - 1000], ids=["multiplicative", "additive"])
def test_parts_recompose_and_full_years_keep_their_totals(values: Values) -> None:
    values = values[5:]  # the first year is not full
    months = MONTHS[5:]
    found = adjust(values, months, FEAST[5:])
    if found.is_multiplicative:
        assert np.allclose(found.adjusted * found.seasonal * found.holiday, values)
        assert np.allclose(found.trend * found.irregular, found.adjusted)
    else:
        assert np.allclose(found.adjusted + found.seasonal + found.holiday, values)
        assert np.allclose(found.trend + found.irregular, found.adjusted)
    for start in np.flatnonzero(months == 1):
        assert found.adjusted[start : start + 12].sum() == pytest.approx(values[start : start + 12].sum())


def test_a_feast_that_moves_is_told_from_the_season() -> None:
    effect = -0.05
    with_feast, without = series(effect), series()
    found = adjust(with_feast, MONTHS, FEAST)
    moving = FEAST[:, 0] - np.array([FEAST[m == MONTHS, 0].mean() for m in MONTHS])
    assert np.abs(np.log(found.holiday) - effect * moving).max() < 0.02
    blind = adjust(with_feast, MONTHS, np.zeros_like(FEAST))
    # a regression with 15 of 72 months' freedom leaves noise; what the feast did is gone from the movements
    truth = np.diff(np.log(without / SEASON))
    errors = [np.abs(np.diff(np.log(each.adjusted)) - truth)[FEAST[1:, 0] > 0].mean() for each in (found, blind)]
    assert errors[0] < 0.7 * errors[1]


def test_holidays_need_five_years_and_seasons_three() -> None:
    short = adjust(series(-0.05)[:59], MONTHS[:59], FEAST[:59])
    assert not short.has_holidays and (short.holiday == 1).all()
    assert adjust(series()[:36], MONTHS[:36], FEAST[:36]).adjusted.shape == (36,)
    with pytest.raises(ValueError, match="35 months"):
        adjust(series()[:35], MONTHS[:35], FEAST[:35])


def test_one_wild_month_does_not_move_the_season() -> None:
    wild = series()
    wild[30] *= 3
    calm, found = adjust(series(), MONTHS, FEAST * 0), adjust(wild, MONTHS, FEAST * 0)
    other_years = (MONTHS[30] == MONTHS) & (np.abs(np.arange(len(MONTHS)) - 30) > 12)
    assert np.abs(found.seasonal[other_years] / calm.seasonal[other_years] - 1).max() < 0.06


def test_annual_totals_move_months_together() -> None:
    """One year of 12 tens is to hold 132: with nothing else known every month gets one more."""
    moved = with_annual_totals(np.full(12, 10.0), np.full(12, 11.0), np.arange(1, 13))
    assert np.allclose(moved, 11.0)
    two = with_annual_totals(np.full(24, 10.0), np.repeat([11.0, 12.0], 12), np.tile(np.arange(1, 13), 2))
    assert two[:12].sum() == pytest.approx(132) and two[12:].sum() == pytest.approx(144)
    assert np.abs(np.diff(two)).max() < 0.2  # no step at the turn of the year


def test_what_is_not_seasonal_passes() -> None:
    noise = np.random.default_rng(3).standard_normal(72).cumsum()
    assert qs_test(noise)[1] > 0.01 and f_test(noise, MONTHS)[1] > 0.01
    assert qs_test(np.full(72, 5.0)) == (0.0, 1.0) and f_test(np.full(72, 5.0), MONTHS) == (0.0, 1.0)
