"""From weights of evidence to probabilities, and from these to the pairs one would call links.

The share of matches among all pairs is learnt here: it is the one at which the probabilities add up to it. Where
a register holds each person once, candidates for the same record exclude one another, and what one gains the others
lose: two equally good candidates end below one half, and neither is taken for sure.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.float64]
DIGITS = 6
_ROUNDS = 200


def choose(weighed: pa.Table, possible: int, exclusive: frozenset[str]) -> tuple[pa.Table, float, float]:
    """Pairs (left, right, probability) by falling probability, the threshold, and the F1 to be expected at it.

    ``weighed``: left, right and weight (log2 of the likelihood ratio) of each pair worth a thought; ``possible``: pairs
    there could be. Each record of an ``exclusive`` side (left, right) is kept once, in its best pair.
    """
    left, right = _codes(weighed["left"]), _codes(weighed["right"])
    probability = probabilities(weighed["weight"].to_numpy(), left, right, possible, exclusive)
    matches = float(probability.sum())
    order = np.lexsort((right, left, -probability))
    sides = [side[order] for name, side in (("left", left), ("right", right)) if name in exclusive]
    order = order[_once(len(order), sides)]
    best, f1 = best_threshold(probability[order], matches)
    pairs = weighed.select(["left", "right"]).take(pa.array(order)).append_column(
        "probability", pa.array(probability[order])
    )  # fmt: skip
    return pairs, best, f1


def probabilities(weight: Numbers, left: Any, right: Any, possible: int, exclusive: frozenset[str]) -> Numbers:
    """Probability of each pair, rounded to ``DIGITS``."""
    if not len(weight):
        return np.zeros(0)
    evidence = np.exp2(np.minimum(weight, 200.0))
    share = 1.0 / max(possible, 2)
    result = np.zeros(len(weight))
    for _ in range(_ROUNDS):
        odds = evidence * share / (1 - share)
        rivals = np.zeros(len(odds))
        for name, side in (("left", left), ("right", right)):
            if name in exclusive:
                rivals += np.bincount(side, odds)[side] - odds
        result = odds / (1 + odds + np.maximum(rivals, 0.0))
        following = min(max(float(result.sum()), 0.5) / max(possible, 2), 0.5)
        if abs(following - share) <= 1e-9 * share:
            break
        share = following
    return np.round(result, DIGITS)


def best_threshold(falling: Numbers, matches: float) -> tuple[float, float]:
    """Threshold on ``falling`` probabilities with the best expected F1 = 2 Σp(taken) / (taken + expected matches)."""
    if not len(falling):
        return 1.0, 0.0
    expected = 2 * np.cumsum(falling) / (np.arange(1, len(falling) + 1) + matches)
    # pairs of equal probability are taken together
    last = np.append(falling[1:] != falling[:-1], True)
    at = int(np.argmax(np.where(last, expected, -1.0)))
    return float(falling[at]), float(expected[at])


def _codes(column: pa.ChunkedArray) -> Any:
    return column.combine_chunks().dictionary_encode().indices.to_numpy()


def _once(count: int, sides: list[Any]) -> list[int]:
    """Places of the pairs, best first, whose records on these sides have not been taken by a better one."""
    taken: list[set[int]] = [set() for _ in sides]
    columns = [side.tolist() for side in sides]
    kept = []
    for place in range(count):
        if all(column[place] not in seen for column, seen in zip(columns, taken, strict=True)):
            kept.append(place)
            for column, seen in zip(columns, taken, strict=True):
                seen.add(column[place])
    return kept
