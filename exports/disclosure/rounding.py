"""Controlled rounding, the alternative to hiding: cells become multiples of a base and the table still adds up.

Zero-restricted: a cell goes to one of the two multiples next to it, and a multiple of the base stays (Cox 1987; Salazar
2005, in the tau-Argus manual). The cheapest such table is found by integer programming. Where none exists in more than
two dimensions, cells may go one multiple further, and where that fails too each cell is rounded by itself with a key of
its own and the table no longer adds up; ``method`` says which.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

#: multiples a cell may go beyond the two next to it, tried in this order
BEYOND = (0, 1)
#: limit of the search; a count, so that the same table rounds the same
NODES = 20_000


@dataclass(frozen=True)
class Rounded:
    """``value``: multiples of the base. ``method``: controlled, controlled+1 or independent (does not add up).

    ``reach``: every cell was less than this from what is published.
    """

    value: np.ndarray
    method: str
    reach: float


def round_table(value: np.ndarray, sums: sparse.csr_matrix, base: int, ids: np.ndarray) -> Rounded:
    """Round ``value`` (n) to multiples of ``base`` so that ``sums @ value = 0`` still holds.

    ``ids`` (n) are the keys of the fall-back: the same cell always rounds the same way.
    """
    below, rest = np.floor(value / base + 1e-9), value - base * np.floor(value / base + 1e-9)
    is_multiple = rest < 1e-6
    for beyond in BEYOND:
        found = _additive(below, rest / base, is_multiple, sums, beyond)
        if found is not None:
            name = "controlled" if not beyond else f"controlled+{beyond}"
            return Rounded(base * found, name, base * (1.0 + beyond))
    return Rounded(base * (below + _by_key(ids, rest / base)), "independent", float(base))


def _additive(
    below: np.ndarray, share: np.ndarray, is_multiple: np.ndarray, sums: sparse.csr_matrix, beyond: int
) -> np.ndarray | None:
    """Multiples of the base with the least total distance, none below zero; None when none add up."""
    n = len(below)
    low = np.where(is_multiple, 0, -beyond)
    low = np.maximum(low, -below)
    high = np.where(is_multiple, 0, 1 + beyond)
    # x whole steps above the multiple below; d >= |x - share|
    identity = sparse.identity(n)
    distance = sparse.vstack([sparse.hstack([identity, -identity]), sparse.hstack([-identity, -identity])])
    found = milp(
        np.concatenate([np.zeros(n), np.ones(n)]),
        constraints=[
            LinearConstraint(sparse.hstack([sums, sparse.csr_matrix(sums.shape)]), -(sums @ below), -(sums @ below)),
            LinearConstraint(distance, -np.inf, np.concatenate([share, -share])),
        ],
        integrality=np.concatenate([np.ones(n), np.zeros(n)]),
        bounds=Bounds(np.concatenate([low, np.zeros(n)]), np.concatenate([high, np.full(n, np.inf)])),
        options={"node_limit": NODES, "mip_rel_gap": 0.01},
    )
    return below + np.round(found.x[:n]) if found.x is not None else None


def _by_key(ids: np.ndarray, share: np.ndarray) -> np.ndarray:
    """1 with probability ``share``, drawn from the cell's id: unbiased, and the same in every release."""
    drawn = np.array([int.from_bytes(hashlib.sha256(str(cell).encode()).digest()[:8], "big") / 2**64 for cell in ids])
    return (drawn < share).astype(float)
