"""Sums over a moving window of months, told month after month: what an outsider derives of single months.

Each figure bounds a difference of two running totals, and no month is below zero. Such bounds are edges of a graph, and
the shortest path between the ends of a month is the best bound there is, for whole numbers too (difference constraints:
Cormen et al., Introduction to Algorithms, 24.4). Figures told exactly give about half of the small months away, since a
month in which nobody came is known; rounded ones hardly any, and those are found here.
"""

from __future__ import annotations

import numpy as np

#: a month of few persons must have more possible values than this
POINT = 2


def rounded(count: np.ndarray, base: int) -> np.ndarray:
    """The nearest multiple of ``base`` (odd); NaN where that is not two times the base, which also hides a zero."""
    nearest = base * np.round(np.asarray(count, float) / base)
    return np.where(nearest < 2 * base, np.nan, nearest)


def meant(shown: np.ndarray, base: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest count that is shown so."""
    reach = base // 2
    is_hidden = np.isnan(shown)
    return np.where(is_hidden, 0.0, shown - reach), np.where(is_hidden, base + reach, shown + reach)


def derived(low: np.ndarray, high: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value of every month, rows x months.

    ``low``, ``high``: rows x windows, bounds of the sum of ``window`` months, the first from month 0, each later one
    from a month later; infinite where nothing was told.
    """
    rows, windows = low.shape
    ends = np.arange(windows + window)
    # reach[a, b]: the running total at b is at most so far above that at a
    reach = np.full((rows, len(ends), len(ends)), np.inf)
    reach[:, ends, ends] = 0
    reach[:, ends[1:], ends[:-1]] = 0
    begin = np.arange(windows)
    reach[:, begin, begin + window] = high
    reach[:, begin + window, begin] = np.minimum(reach[:, begin + window, begin], -low)
    for through in ends:
        np.minimum(reach, reach[:, :, through, None] + reach[:, None, through, :], out=reach)
    return -reach[:, ends[1:], ends[:-1]], reach[:, ends[:-1], ends[1:]]


def betrayed(months: np.ndarray, told: np.ndarray, is_told: np.ndarray, base: int, few: int) -> np.ndarray:
    """Rows x months: whether a month of fewer than ``few``, and not none, has almost no other possible value.

    ``months``: rows x months, what is true now. ``told``: rows x windows, what was shown, NaN where hidden;
    ``is_told``: where anything was. A figure that does not hold with today's months tells nothing of them.
    """
    window = months.shape[1] - told.shape[1] + 1
    sums = np.lib.stride_tricks.sliding_window_view(months, window, axis=1).sum(axis=2)
    low, high = meant(told, base)
    holds = is_told & (low <= sums) & (sums <= high)
    lowest, highest = derived(np.where(holds, low, -np.inf), np.where(holds, high, np.inf), window)
    return np.asarray((months > 0) & (months < few) & (highest - lowest < POINT))
