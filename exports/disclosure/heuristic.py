"""Secondary suppression of tables too large for the exact answer: one cheapest change per sensitive cell, by box or by
linear programme, then what is not needed is freed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from exports.disclosure.boxes import Boxes
from exports.disclosure.cells import Cells
from exports.disclosure.flows import Flows, Reach
from exports.disclosure.problem import NOTHING, Problem, Unprotectable


def suppress(problem: Problem, cells: Cells | None = None) -> np.ndarray:
    """Hidden cells. With ``cells`` the cheapest box is tried first for each sensitive cell. Raises Unprotectable."""
    hidden = problem.hidden & ~problem.known
    reach = Reach(problem.value)
    boxes = Boxes(cells, problem, hidden) if cells is not None else None
    for target, amount in _needs(problem, reach):
        if boxes is not None:
            _hide(boxes, target, amount, hidden, reach)
    flows: Flows | None = None
    for target, amount in _needs(problem, reach):
        flows = flows or _flows(problem, hidden)
        if not _hide(flows, target, amount, hidden, reach):
            raise Unprotectable(f"cell {target} cannot move by {amount:g} whatever is hidden")
    guarded = abs(problem.sums[problem.guarded_sums()])
    for row in range(guarded.shape[0]):
        members = guarded[row].indices
        if hidden[members].sum() < 3:
            third = _cheapest_third(problem, members, hidden)
            if boxes is None or not _hide(boxes, third, 1.0, hidden, reach):
                flows = flows or _flows(problem, hidden)
                if not _hide(flows, third, 1.0, hidden, reach):
                    raise Unprotectable(f"cell {third} cannot be hidden beside a single contributor")
    return hidden


def _hide(changes: Boxes | Flows, cell: int, amount: float, hidden: np.ndarray, reach: Reach) -> bool:
    """Hide, in place, the cheapest change that moves ``cell`` by ``amount``; False when there is none."""
    found = changes.push(cell, amount)
    if found is None:
        return False
    support, change = found
    reach.learn(support, change)
    fresh = support[~hidden[support]]
    hidden[fresh] = True
    changes.set_cost(fresh, 0.0)
    return True


def _needs(problem: Problem, reach: Reach) -> Iterator[tuple[int, float]]:
    """Targets with the changes that nothing found so far allows, looked up when asked for."""
    for target in problem.targets:
        if problem.upper[target] > reach.up[target] + NOTHING:
            yield int(target), float(problem.upper[target])
        if problem.lower[target] > reach.down[target] + NOTHING:
            yield int(target), -float(problem.lower[target])


def _flows(problem: Problem, hidden: np.ndarray) -> Flows:
    need = np.maximum(problem.lower, problem.upper)
    usual = max(1.0, float(np.median(need[problem.targets]))) if len(problem.targets) else 1.0
    # what a unit of change costs: hiding a cell costs its weight however little it moves
    cost = problem.weight / np.minimum(np.maximum(problem.value, 1), usual)
    return Flows(problem.sums, problem.value, ~problem.known, np.where(hidden, 0.0, cost))


def _cheapest_third(problem: Problem, members: np.ndarray, hidden: np.ndarray) -> int:
    free = members[~hidden[members] & ~problem.known[members]]
    return int(free[np.argmin(problem.weight[free])])


def free_what_is_not_needed(problem: Problem, hidden: np.ndarray) -> np.ndarray:
    """Publish hidden cells again, the dearest first, while every target keeps its interval without them."""
    hidden = hidden.copy()
    flows = Flows(problem.sums, problem.value, hidden, problem.weight)
    needs = [(int(t), float(a)) for t in problem.targets for a in (problem.upper[t], -problem.lower[t]) if abs(a) > 0]
    witness = [flows.push(target, amount) or (np.zeros(0, int), np.zeros(0)) for target, amount in needs]
    guarded = abs(problem.sums[problem.guarded_sums()])
    extra = np.flatnonzero(hidden & ~problem.hidden)
    for cell in extra[np.argsort(-problem.weight[extra], kind="stable")]:
        hidden[cell] = False
        if len(problem.in_need_of_a_third(hidden)) and guarded[:, cell].nnz:
            hidden[cell] = True
            continue
        flows.set_movable(int(cell), False)
        found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for number, (target, amount) in enumerate(needs):
            if cell in witness[number][0]:
                instead = flows.push(target, amount)
                if instead is None:
                    break
                found[number] = instead
        else:
            for number, instead in found.items():
                witness[number] = instead
            continue
        hidden[cell] = True
        flows.set_movable(int(cell), True)
    # what no target uses any more can be worked out, or is hidden for nothing
    used = np.zeros(len(problem), bool)
    used[np.concatenate([support for support, _ in witness])] = True
    used |= np.asarray(abs(guarded).sum(axis=0) > 0).ravel()
    return np.asarray(hidden & (problem.hidden | used))


def immovable(problem: Problem, hidden: np.ndarray) -> np.ndarray:
    """Hidden cells that no change of the hidden cells moves: whoever sees the rest can work them out."""
    flows = Flows(problem.sums, problem.value, hidden, np.zeros(len(problem)))
    reach, found = Reach(problem.value), np.zeros(len(problem), bool)
    for cell in np.flatnonzero(hidden):
        if reach.up[cell] + reach.down[cell] > NOTHING:
            continue
        change = flows.push(int(cell), 1.0)
        if change is None and problem.value[cell] > 0:
            change = flows.push(int(cell), -min(1.0, float(problem.value[cell])))
        if change is None:
            found[cell] = True
        else:
            reach.learn(*change)
    return found
