"""Changes of a table that no published sum betrays, found by linear programming.

If the hidden cells can change by ``d`` with every sum kept and no cell below zero, then an outsider cannot tell the
table from the changed one. The cheapest change that moves a sensitive cell far enough names the cells to hide with it
(Kelly, Golden & Assad 1992; Cox 1995). One model is kept and solved again from where it stood.
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

from exports.disclosure.problem import NOTHING
from exports.disclosure.solver import programme


class Flows:
    """Cheapest changes over some cells. Cells that may not move have no column."""

    def __init__(self, sums: sparse.csr_matrix, value: np.ndarray, movable: np.ndarray, cost: np.ndarray) -> None:
        self.size = len(value)
        self.cells = np.flatnonzero(movable)
        self.column = np.full(self.size, -1)
        self.column[self.cells] = np.arange(len(self.cells))
        self.value = value[self.cells]
        self.count = k = len(self.cells)
        matrix = sums[:, self.cells]
        matrix = matrix[np.diff(matrix.tocsr().indptr) > 0].tocsc()
        both = sparse.hstack([matrix, -matrix], format="csc")
        self.limit = np.concatenate([np.full(k, highspy.kHighsInf), self.value])
        costs = np.concatenate([cost[self.cells], cost[self.cells]])
        self.model = programme(both, costs, np.zeros(2 * k), self.limit)

    def set_cost(self, cells: np.ndarray, cost: float) -> None:
        for column in self.column[cells]:
            if column >= 0:
                self.model.changeColCost(int(column), cost)
                self.model.changeColCost(int(column) + self.count, cost)

    def set_movable(self, cell: int, is_movable: bool) -> None:
        column = int(self.column[cell])
        for position in (column, column + self.count):
            self.model.changeColBounds(position, 0.0, float(self.limit[position]) if is_movable else 0.0)

    def push(self, cell: int, amount: float) -> tuple[np.ndarray, np.ndarray] | None:
        """Cells and their changes that move ``cell`` by ``amount`` (negative: down); None when there is none."""
        column = int(self.column[cell])
        if column < 0:
            return None
        up, down = (column, column + self.count) if amount > 0 else (column + self.count, column)
        self.model.changeColBounds(up, abs(amount), abs(amount))
        self.model.changeColBounds(down, 0.0, 0.0)
        self.model.run()
        found = self.model.getModelStatus() == highspy.HighsModelStatus.kOptimal
        answer = None
        if found:
            moved = np.asarray(self.model.getSolution().col_value)
            change = moved[: self.count] - moved[self.count :]
            support = np.flatnonzero(abs(change) >= NOTHING)
            answer = self.cells[support], change[support]
        for position in (up, down):
            self.model.changeColBounds(position, 0.0, float(self.limit[position]))
        return answer


class Reach:
    """How far each cell is known to be able to move, from changes found so far."""

    def __init__(self, value: np.ndarray) -> None:
        self.value = value
        self.up, self.down = np.zeros(len(value)), np.zeros(len(value))

    def learn(self, support: np.ndarray, change: np.ndarray) -> None:
        """A change of the cells in ``support``, and its reverse as far as no cell falls below zero."""
        for d in (change, -change):
            falls = d < 0
            scale = min(1.0, np.min(self.value[support][falls] / -d[falls], initial=1.0))
            self.up[support] = np.maximum(self.up[support], d * scale)
            self.down[support] = np.maximum(self.down[support], -d * scale)
