"""Secondary suppression: which further cells are hidden so that the sensitive ones cannot be worked out.

Small tables are solved exactly, others by linear programmes per sensitive cell and then rid of what is not needed. Both
are deterministic: limits are counts, never seconds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from exports.disclosure import exact, heuristic
from exports.disclosure.cells import Cells
from exports.disclosure.problem import Problem, Unprotectable

#: largest table, in cells and in targets, that is solved exactly
EXACT_CELLS, EXACT_TARGETS = 400, 60
#: largest table that is rid of what is not needed by linear programmes; above it the way is by boxes
CLEANED_CELLS = 1_500
#: how often a pattern is asked for again because a hidden cell in it can be worked out
ROUNDS = 5


def suppress(problem: Problem, cells: Cells | None = None) -> tuple[np.ndarray, str]:
    """Hidden cells and the method used. ``cells`` lets a large table be solved by boxes. Raises Unprotectable.

    A third cell beside a single contributor helps only if it cannot be worked out itself: one that can must move.
    """
    hidden, method = _solve(problem, cells)
    for _ in range(ROUNDS if method != "boxes" else 0):
        stuck = heuristic.immovable(problem, hidden)
        if not stuck.any():
            break
        problem = replace(
            problem, hidden=problem.hidden | stuck, upper=np.where(stuck, np.maximum(problem.upper, 1), problem.upper)
        )
        try:
            hidden, method = _solve(problem, cells)
        except Unprotectable:
            break  # the audit says whether that matters
    return hidden, method


def _solve(problem: Problem, cells: Cells | None) -> tuple[np.ndarray, str]:
    if not len(problem.targets) and not len(problem.guarded_sums()):
        return problem.hidden & ~problem.known, "none needed"
    if len(problem) <= EXACT_CELLS and len(problem.targets) <= EXACT_TARGETS:
        best = exact.suppress(problem)
        if best is not None:
            return best, "exact"
    if len(problem) <= CLEANED_CELLS or cells is None:
        return heuristic.free_what_is_not_needed(problem, heuristic.suppress(problem)), "linear, cleaned"
    return heuristic.suppress(problem, cells), "boxes"


def stacked(sums: sparse.csr_matrix, more: sparse.csr_matrix | None) -> sparse.csr_matrix:
    """The sums of a publication and those that earlier ones add."""
    return sums if more is None or not more.shape[0] else sparse.vstack([sums, more], format="csr")
