"""Secondary suppression: which further cells are hidden so that the sensitive ones cannot be worked out.

Small tables are solved exactly, others by linear programmes per sensitive cell and then rid of what is not needed. Both
are deterministic: limits are counts, never seconds.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from exports.disclosure import exact, heuristic
from exports.disclosure.cells import Cells
from exports.disclosure.problem import Problem

#: largest table, in cells and in targets, that is solved exactly
EXACT_CELLS, EXACT_TARGETS = 400, 60
#: largest table that is solved in one part, and that is rid of what is not needed
WHOLE_CELLS, CLEANED_CELLS = 6_000, 6_000


def suppress(problem: Problem, cells: Cells | None = None) -> tuple[np.ndarray, str]:
    """Hidden cells and the method used. ``cells`` lets a large table be solved in parts. Raises Unprotectable."""
    if not len(problem.targets) and not len(problem.guarded_sums()):
        return problem.hidden & ~problem.known, "none needed"
    if len(problem) <= EXACT_CELLS and len(problem.targets) <= EXACT_TARGETS:
        best = exact.suppress(problem)
        if best is not None:
            return best, "exact"
    parts = parts_of(cells) if cells is not None and len(problem) > WHOLE_CELLS else []
    hidden = heuristic.suppress(problem, parts)
    if len(problem) <= CLEANED_CELLS:
        return heuristic.free_what_is_not_needed(problem, hidden), "linear, cleaned"
    return hidden, "linear, in parts" if parts else "linear"


def parts_of(cells: Cells) -> list[np.ndarray]:
    """Groups of cells along the dimension with the most codes, by the total they belong to, the finest level first."""
    dimension = int(np.argmax([len(names) for names in cells.names]))
    along = cells.sums[cells.axis == dimension].tocoo()
    parent = np.full(len(cells.names[dimension]), -1)
    total = np.zeros(along.shape[0], int)
    total[along.row[along.data < 0]] = along.col[along.data < 0]
    child = along.data > 0
    parent[cells.codes[along.col[child], dimension]] = cells.codes[total[along.row[child]], dimension]
    depth = np.zeros(len(parent), int)
    for start in range(len(parent)):
        step = start
        while parent[step] >= 0:
            depth[start], step = depth[start] + 1, int(parent[step])
    code = cells.codes[:, dimension]
    groups = [
        np.flatnonzero(parent[code] == above)
        for above in sorted(set(parent[parent >= 0]), key=lambda a: (-depth[a], a))
    ]
    return [group for group in groups if len(group)]


def stacked(sums: sparse.csr_matrix, more: sparse.csr_matrix | None) -> sparse.csr_matrix:
    """The sums of a publication and those that earlier ones add."""
    return sums if more is None or not more.shape[0] else sparse.vstack([sums, more], format="csr")
