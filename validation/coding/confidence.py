"""How sure a coder may be: calibration on titles it has not learnt, a threshold for a stated precision, its measures.

A candidate's confidence is the probability that its code is one of those valid for the title, by a logistic regression
on the classifier's log-odds and on those of the first candidate (Platt 1999). A title with two valid codes can have
two sure candidates, so the confidences of one title need not add up to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: candidates shown of a title
CANDIDATES = 5
_BINS = 10
_LEAST = 1e-6


@dataclass(frozen=True)
class Candidates:
    """Best codes of some titles, best first: columns of the classifier and their probabilities, both titles × 5."""

    columns: Whole
    probabilities: Numbers

    @classmethod
    def best_of(cls, probabilities: npt.NDArray[np.float32]) -> Candidates:
        count = min(CANDIDATES, probabilities.shape[1])
        columns = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
        return cls(columns, np.take_along_axis(probabilities, columns, axis=1).astype(np.float64))

    def are_valid(self, valid: Sequence[AbstractSet[int]]) -> npt.NDArray[np.bool_]:
        """titles × 5; ``valid``: columns of the codes of each title."""
        found = [[column in codes for column in row] for row, codes in zip(self.columns.tolist(), valid, strict=True)]
        return np.array(found, dtype=bool).reshape(self.columns.shape)


@dataclass(frozen=True)
class Calibration:
    """Weights of the two log-odds, of being the first, and a constant."""

    weights: tuple[float, float, float]
    constant: float

    @classmethod
    def fit(cls, candidates: Candidates, is_valid: npt.NDArray[np.bool_]) -> Calibration:
        """On titles that the classifier has not learnt. With one outcome only, or no skill: its share."""
        outcomes = is_valid.ravel()
        share = (outcomes.sum() + 1) / (len(outcomes) + 2)
        unskilled = cls((0.0, 0.0, 0.0), float(np.log(share / (1 - share))))
        if outcomes.all() or not outcomes.any():
            return unskilled
        fitted = LogisticRegression(C=1e3, max_iter=1000).fit(_signs(candidates), outcomes)
        first, second, third = (float(weight) for weight in fitted.coef_[0])
        # where the surer is wrong more often, nothing was learnt that holds for other titles
        return (
            cls((first, second, third), float(fitted.intercept_[0])) if first > 0 and first + second > 0 else unskilled
        )

    def confidences(self, candidates: Candidates) -> Numbers:
        """titles × 5, each 0 to 1."""
        if not candidates.columns.size:
            return np.zeros(candidates.columns.shape)
        scores = _signs(candidates) @ np.array(self.weights) + self.constant
        return np.asarray(1 / (1 + np.exp(-scores))).reshape(candidates.columns.shape)


def _signs(candidates: Candidates) -> Numbers:
    odds = np.clip(candidates.probabilities, _LEAST, 1 - _LEAST)
    odds = np.log(odds / (1 - odds))
    best = np.repeat(odds[:, :1], odds.shape[1], axis=1)
    first = np.zeros_like(odds)
    first[:, 0] = 1
    return np.column_stack([odds.ravel(), best.ravel(), first.ravel()])


def threshold_for(precision: float, confidences: Numbers, is_right: npt.NDArray[np.bool_]) -> float:
    """Lowest confidence from which on the share of right first codes is ``precision``; above 1 where none is."""
    order = np.argsort(-confidences, kind="stable")
    ranked, right = confidences[order], is_right[order]
    shares = np.cumsum(right) / np.arange(1, len(right) + 1)
    last_of_value = np.append(ranked[1:] != ranked[:-1], True)
    fits = np.flatnonzero((shares >= precision) & last_of_value)
    return float(ranked[fits[-1]]) if len(fits) else 1.1


def measures(
    confidences: Numbers, is_valid: npt.NDArray[np.bool_], threshold: float, weights: Iterable[float] | None = None
) -> dict[str, Any]:
    """Top-1, top-5, expected calibration error of the first code, reliability by bin, and what the threshold does.

    ``confidences`` and ``is_valid`` are titles × 5. ``weights``: how often each title counts; once where not said.
    """
    how_often = np.ones(len(is_valid)) if weights is None else np.fromiter(weights, np.float64, len(is_valid))
    first, right = confidences[:, 0], is_valid[:, 0]
    bins = np.minimum((first * _BINS).astype(int), _BINS - 1)
    table = [
        {
            "from": number / _BINS,
            "to": (number + 1) / _BINS,
            "titles": int(inside.sum()),
            "predicted": float(np.average(first[inside], weights=how_often[inside])),
            "observed": float(np.average(right[inside], weights=how_often[inside])),
            "share": float(how_often[inside].sum() / how_often.sum()),
        }
        for number in range(_BINS)
        if (inside := bins == number).any()
    ]
    coded = first >= threshold
    return {
        "titles": len(is_valid),
        "top_1": float(np.average(right, weights=how_often)),
        "top_5": float(np.average(is_valid.any(axis=1), weights=how_often)),
        "calibration_error": sum(row["share"] * abs(row["predicted"] - row["observed"]) for row in table),
        "coverage": float(np.average(coded, weights=how_often)),
        "precision": float(np.average(right[coded], weights=how_often[coded])) if coded.any() else None,
        "reliability": table,
    }
