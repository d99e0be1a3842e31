"""Secondary suppression at the least cost, by cutting planes (Fischetti & Salazar 2001, "Solving the cell suppression
problem on tabular data with linear constraints", Management Science 47).

The master programme chooses cells; for each sensitive cell a linear programme asks how far an outsider can pin it down
under that choice, and its dual is a cut that every good enough choice fulfils.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from exports.disclosure.problem import Problem
from exports.disclosure.solver import programme

#: how far a cell may move in the outsider's programmes, as a multiple of the largest need; a pattern that protects
#: under such a limit protects without it
ROOM = 10.0


def suppress(problem: Problem, max_rounds: int = 60, max_nodes: int = 20_000) -> np.ndarray | None:
    """The cheapest hidden cells, None when ``max_rounds`` or ``max_nodes`` do not suffice or there is no answer.

    Limits are counts, never seconds: the same input gives the same pattern.
    """
    attacker = _Outsider(problem)
    rows, bounds = _first_cuts(problem)
    for _ in range(max_rounds):
        chosen = milp(
            problem.weight,
            constraints=LinearConstraint(sparse.vstack(rows, format="csc"), np.concatenate(bounds), np.inf)
            if rows
            else (),
            integrality=np.ones(len(problem)),
            bounds=Bounds((problem.hidden & ~problem.known).astype(float), (~problem.known).astype(float)),
            options={"node_limit": max_nodes, "mip_rel_gap": 0.0},
        )
        if not chosen.success:
            return None
        hidden = chosen.x > 0.5
        cuts = attacker.cuts(hidden)
        if not cuts:
            return hidden
        rows.append(sparse.csr_matrix(np.array([coefficients for coefficients, _ in cuts])))
        bounds.append(np.array([need for _, need in cuts]))
    return None


def _first_cuts(problem: Problem) -> tuple[list[sparse.csr_matrix], list[np.ndarray]]:
    """A hidden cell that is alone in a sum is not hidden; some sums need three."""
    n = len(problem)
    sums = problem.sums.tocoo()
    present = abs(problem.sums).tocsr()
    alone = present[sums.row]  # for each (sum, cell): all cells of the sum ...
    own = sparse.csr_matrix((np.full(sums.nnz, 2.0), (np.arange(sums.nnz), sums.col)), shape=(sums.nnz, n))
    rows, bounds = [sparse.csr_matrix(alone - own)], [np.zeros(sums.nnz)]  # ... minus twice the cell: others >= cell
    guarded = problem.guarded_sums()
    if len(guarded):
        rows.append(present[guarded])
        bounds.append(np.full(len(guarded), 3.0))
    return rows, bounds


class _Outsider:
    """How far each target can move when only hidden cells move, with the dual as a cut."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        room = ROOM * max(1.0, float(np.max([problem.lower, problem.upper], initial=0.0)))
        self.down = np.minimum(problem.value, room)
        self.up = np.full(len(problem), room)
        none = np.zeros(len(problem))
        self.model = programme(problem.sums, none, none, none)
        self.columns = np.arange(len(problem), dtype=np.int32)

    def cuts(self, hidden: np.ndarray) -> list[tuple[np.ndarray, float]]:
        """Violated cuts: coefficients over the cells, and the need they must add up to."""
        problem, found = self.problem, []
        self.model.changeColsBounds(
            len(self.columns), self.columns, np.where(hidden, -self.down, 0.0), np.where(hidden, self.up, 0.0)
        )
        for target in problem.targets:
            for sign, need in ((1.0, problem.upper[target]), (-1.0, problem.lower[target])):
                if need <= 0:
                    continue
                self.model.changeColBounds(int(target), -2 * need - 1, 2 * need + 1)
                self.model.changeColCost(int(target), -sign)
                self.model.run()
                moved = -self.model.getInfo().objective_function_value
                if moved < need - 1e-6:
                    dual = np.asarray(self.model.getSolution().col_dual)
                    dual[target] = 0.0
                    # minimising: a positive reduced cost holds a cell at its lower end, a negative one at its upper end
                    cut = np.where(dual > 0, dual * self.down, -dual * self.up)
                    found.append((np.minimum(np.where(cut > 1e-9, cut, 0.0), need), float(need)))
                self.model.changeColCost(int(target), 0.0)
                self.model.changeColBounds(
                    int(target), -float(self.down[target]) * hidden[target], float(self.up[target]) * hidden[target]
                )
        return found
