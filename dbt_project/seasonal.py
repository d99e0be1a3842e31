"""Seasonal adjustment of monthly series: holiday regression, then robust STL; and tests for what seasonality is left.

STL: Cleveland, Cleveland, McRae and Terpenning (1990). QS: Maravall (2011), as X-13ARIMA-SEATS prints it. Factors are
concurrent: each build estimates them anew from all months, so earlier adjusted figures may change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

PERIOD = 12
#: fewer months give no adjustment; feasts move too little to be told from months in fewer than five years
MONTHS_LEAST, MONTHS_FOR_HOLIDAYS = 36, 60


@dataclass(frozen=True)
class Adjustment:
    """Parts of a series. ``is_multiplicative``: series = adjusted x seasonal x holiday, adjusted = trend x irregular;
    else sums. ``adjusted`` and ``trend`` are in the unit of the series; the others too when they are added."""

    is_multiplicative: bool
    has_holidays: bool
    adjusted: Values
    trend: Values
    seasonal: Values
    holiday: Values
    irregular: Values


def adjust(series: Values, months: NDArray[np.int64], regressors: Values) -> Adjustment:
    """Adjust at least ``MONTHS_LEAST`` consecutive months of one series.

    ``months`` are calendar months 1..12, ``regressors`` one row per month (days of each feast, working days). Logs are
    taken when every value is positive. Regressors count from ``MONTHS_FOR_HOLIDAYS`` months on, and only by how far
    they are from the mean of their calendar month: the rest of a feast is seasonal. Raises ValueError for fewer months.
    """
    from statsmodels.tsa.stl._stl import STL

    if len(series) < MONTHS_LEAST:
        raise ValueError(f"{len(series)} months; an adjustment needs {MONTHS_LEAST}.")
    multiplicative = bool((series > 0).all())
    values = np.log(series) if multiplicative else series.astype(np.float64)
    holiday = np.zeros(len(values))
    if has_holidays := len(values) >= MONTHS_FOR_HOLIDAYS:
        holiday = _holiday_effect(values, months, regressors)
    parts = STL(values - holiday, period=PERIOD, robust=True).fit()
    trend, adjusted = np.asarray(parts.trend), values - holiday - np.asarray(parts.seasonal)
    if multiplicative:
        trend, adjusted, holiday = np.exp(trend), np.exp(adjusted), np.exp(holiday)
    adjusted = with_annual_totals(adjusted, series, months)
    seasonal = series / holiday / adjusted if multiplicative else series - holiday - adjusted
    irregular = adjusted / trend if multiplicative else adjusted - trend
    return Adjustment(multiplicative, has_holidays, adjusted, trend, seasonal, holiday, irregular)


def with_annual_totals(adjusted: Values, series: Values, months: NDArray[np.int64]) -> Values:
    """The adjusted series moved to the totals that ``series`` has in full calendar years, its movements kept.

    Denton (1971), first differences: of the ratio to the adjusted series when that is positive, else of the difference.
    """
    starts = [n for n in np.flatnonzero(months == 1) if n + PERIOD <= len(series)]
    if not starts:
        return adjusted
    positive = bool((adjusted > 0).all())
    scale = adjusted if positive else np.ones(len(series))
    years = np.zeros((len(starts), len(series)))
    for row, start in enumerate(starts):
        years[row, start : start + PERIOD] = 1
    moves = np.diff(np.eye(len(series)), axis=0) / scale[None, :]
    zeros = np.zeros((len(starts), len(starts)))
    system = np.block([[2 * moves.T @ moves, years.T], [years, zeros]])
    missing = years @ (series - adjusted)
    # differences of the ratio vanish for the adjusted series itself, so the correction is asked for
    correction = np.linalg.lstsq(system, np.concatenate([np.zeros(len(series)), missing]), rcond=None)[0]
    return np.asarray(adjusted + correction[: len(series)], dtype=np.float64)


def _holiday_effect(values: Values, months: NDArray[np.int64], regressors: Values) -> Values:
    """Part of ``values`` that least squares give to the regressors, beside month dummies and a cubic trend."""
    time = np.linspace(-1, 1, len(values))
    dummies = (months[:, None] == np.arange(1, PERIOD + 1)).astype(np.float64)
    means = dummies @ (dummies.T @ regressors / dummies.sum(axis=0)[:, None])
    moving = regressors - means
    design = np.column_stack([dummies, time, time**2, time**3, moving])
    coefficients = np.linalg.lstsq(design, values, rcond=None)[0]
    return np.asarray(moving @ coefficients[-moving.shape[1] :], dtype=np.float64)


def qs_test(adjusted: Values) -> tuple[float, float]:
    """QS statistic and p-value for seasonality left in a series, from its differences 12 and 24 months apart.

    0 and 1 when neighbouring years do not move together.
    """
    from scipy.stats import chi2

    moves = np.diff(adjusted)
    moves = moves - moves.mean()
    n, power = len(moves), float(moves @ moves)
    if power <= 0:
        return 0.0, 1.0
    correlations = [float(moves[lag:] @ moves[:-lag]) / power for lag in (PERIOD, 2 * PERIOD)]
    if correlations[0] <= 0:
        return 0.0, 1.0
    parts = zip(correlations, (PERIOD, 2 * PERIOD), strict=True)
    statistic = n * (n + 2) * sum(max(r, 0.0) ** 2 / (n - lag) for r, lag in parts)
    return float(statistic), float(chi2.sf(statistic, 2))


def f_test(adjusted: Values, months: NDArray[np.int64]) -> tuple[float, float]:
    """F statistic and p-value for equal means of a series' differences in the twelve months."""
    from scipy.stats import f_oneway

    moves, at = np.diff(adjusted), months[1:]
    if np.ptp(moves) == 0:
        return 0.0, 1.0
    statistic, p_value = f_oneway(*(moves[at == month] for month in range(1, PERIOD + 1)))
    return float(statistic), float(p_value)
