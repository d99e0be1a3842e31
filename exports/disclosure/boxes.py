"""Changes of a table along the corners of a box, for tables too large for a linear programme per cell.

In each dimension two finest codes change places, or one moves with all its totals; the product over the dimensions
keeps every sum. It is the hypercube of Repsilber (GHMITER in the tau-Argus manual) with hierarchies; the cheapest of
some thousand boxes is found by one tensor product.
"""

from __future__ import annotations

import numpy as np

from exports.disclosure.cells import Cells
from exports.disclosure.problem import NOTHING, Problem

NEVER = 1e12
#: most boxes laid on each other for one cell
BOXES = 8
#: finest codes tried below each total that gives way to another, those with the most cells
CARRIERS = 2


class Boxes:
    """Cheapest boxes over all cells of one family."""

    def __init__(self, cells: Cells, problem: Problem, hidden: np.ndarray) -> None:
        self.codes, self.problem = cells.codes, problem
        shape = tuple(len(names) for names in cells.names)
        self.place = np.full(shape, -1)
        self.place[tuple(cells.codes.T)] = np.arange(len(cells))
        self.cost = np.full(shape, NEVER)
        movable = ~problem.known
        self.cost[tuple(cells.codes[movable].T)] = np.where(hidden, 0.0, problem.weight)[movable]
        self.value = np.zeros(shape)
        self.value[tuple(cells.codes.T)] = problem.value
        self.sums = problem.sums.tocsc()
        self.vectors = [_Moves(cells, number) for number in range(len(shape))]

    def set_cost(self, cells: np.ndarray, cost: float) -> None:
        self.cost[tuple(self.codes[cells].T)] = cost

    def push(self, cell: int, amount: float) -> tuple[np.ndarray, np.ndarray] | None:
        """Cells and their changes that move ``cell`` by ``amount``; None when no boxes do.

        A total of two and two cannot fall by four through one of its parts: then smaller boxes are laid on each other.
        """
        change = np.zeros(len(self.problem))
        touched: list[np.ndarray] = []
        left, step = abs(amount), abs(amount)
        while left > NOTHING and step >= min(1.0, abs(amount)) - NOTHING and len(touched) < BOXES:
            found = self._box(cell, np.copysign(min(step, left), amount))
            if found is None:
                step = np.ceil(step / 2) if step > 1 else 0.0
                continue
            support, moved = found
            touched.append(support)
            change[support] += moved
            self._shift(support, moved)
            left -= min(step, left)
        if not touched:
            return None
        support = np.unique(np.concatenate(touched))
        self._shift(support, -change[support])
        support = support[change[support] != 0]
        return (support, change[support]) if left <= NOTHING else None

    def _shift(self, support: np.ndarray, moved: np.ndarray) -> None:
        self.value[tuple(self.codes[support].T)] += moved

    def _box(self, cell: int, amount: float) -> tuple[np.ndarray, np.ndarray] | None:
        moves = [self.vectors[d].of(int(code)) for d, code in enumerate(self.codes[cell])]
        window = np.ix_(*[codes for codes, _ in moves])
        gains = self.cost[window]
        losses = np.where(self.value[window] >= abs(amount), gains, NEVER)
        same, other = (gains, losses) if amount > 0 else (losses, gains)
        for _, vectors in moves:
            plus, minus = (vectors > 0).astype(float), (vectors < 0).astype(float)
            same, other = (
                np.tensordot(same, plus, ([0], [1])) + np.tensordot(other, minus, ([0], [1])),
                np.tensordot(other, plus, ([0], [1])) + np.tensordot(same, minus, ([0], [1])),
            )
        best = np.unravel_index(int(np.argmin(same)), same.shape)
        if same[best] >= NEVER:
            return None
        chosen = [(codes, vectors[i]) for (codes, vectors), i in zip(moves, best, strict=True)]
        sign = np.array([1.0])
        for _, vector in chosen:
            sign = np.multiply.outer(sign, vector[vector != 0])
        support = self.place[np.ix_(*[codes[vector != 0] for codes, vector in chosen])].ravel()
        change = sign.ravel() * amount
        # a linked table that shows less than all dimensions may hold a sum that the box breaks
        return (support, change) if not np.any(self.sums[:, support] @ change) else None


class _Moves:
    """Changes along one dimension that keep its hierarchy, by code that must move up by one."""

    def __init__(self, cells: Cells, number: int) -> None:
        labels = list(cells.names[number])
        code = {label: i for i, label in enumerate(labels)}
        parents: dict[int, set[int]] = {i: set() for i in range(len(labels))}
        above = cells.edges[cells.edges["dimension"] == cells.dimensions[number]]
        for child, parent in zip(above["child"], above["parent"], strict=True):
            if child in code and parent in code:
                parents[code[child]].add(code[parent])
        has_children = {p for found in parents.values() for p in found}
        self.leaves = [i for i in parents if i not in has_children]
        self.parents = parents
        self.chain = {leaf: self._up(leaf) for leaf in self.leaves}
        self.size = np.bincount(cells.codes[:, number], minlength=len(labels))
        self.found: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def _up(self, leaf: int) -> frozenset[int]:
        found, todo = {leaf}, [leaf]
        while todo:
            for parent in self.parents[todo.pop()] - found:
                found.add(parent)
                todo.append(parent)
        return frozenset(found)

    def _below(self, code: int) -> list[int]:
        return [leaf for leaf in self.leaves if code in self.chain[leaf]]

    def _carriers(self, code: int) -> list[int]:
        return sorted(self._below(code), key=lambda leaf: (-self.size[leaf], leaf))[:CARRIERS]

    def of(self, code: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes that take part, and one vector of -1, 0, 1 over them per move."""
        if code not in self.found:
            siblings = [c for c in self.parents if c != code and self.parents[c] == self.parents[code]]
            losers = [leaf for sibling in siblings for leaf in self._carriers(sibling)]
            gainers = self._below(code)
            pairs = [(self.chain[g], self.chain[c]) for g in gainers for c in losers if self.parents[code]]
            pairs += [(self.chain[g], frozenset()) for g in gainers]
            codes = sorted({c for up, down in pairs for c in up ^ down})
            vectors = np.array([[(c in up - down) * 1 - (c in down - up) * 1 for c in codes] for up, down in pairs])
            self.found[code] = np.array(codes), vectors
        return self.found[code]
