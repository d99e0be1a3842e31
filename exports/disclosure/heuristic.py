"""Secondary suppression of tables too large for the exact answer: one cheapest change per sensitive cell, large tables
in parts from the finest level upwards (as HiTaS does from the top), then what is not needed is freed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exports.disclosure.flows import Flows, Reach
from exports.disclosure.problem import NOTHING, Problem, Unprotectable


def suppress(problem: Problem, parts: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Hidden cells. ``parts``: sets of cells whose sums are tried by themselves first, the whole table last.

    Raises Unprotectable.
    """
    hidden = problem.hidden & ~problem.known
    reach = Reach(problem.value)
    for cells in parts:
        _hide(problem, cells, hidden, reach, may_fail=True)
    everything = np.arange(len(problem))
    _hide(problem, everything, hidden, reach, may_fail=False)
    while len(lacking := problem.in_need_of_a_third(hidden)):
        third = _cheapest_third(problem, int(lacking[0]), hidden)
        hidden[third] = True
        change = _flows(problem, everything, hidden).push(third, min(1.0, problem.value[third] or 1.0))
        if change is None:
            raise Unprotectable(f"cell {third} cannot be hidden beside a single contributor")
        hidden |= change != 0
    return hidden


def _flows(problem: Problem, cells: np.ndarray, hidden: np.ndarray) -> Flows:
    """Changes within ``cells``; all others stay as they are."""
    inside = np.zeros(len(problem), bool)
    inside[cells] = True
    need = np.maximum(problem.lower, problem.upper)
    usual = max(1.0, float(np.median(need[problem.targets]))) if len(problem.targets) else 1.0
    # what a unit of change costs: hiding a cell costs its weight however little it moves
    cost = problem.weight / np.minimum(np.maximum(problem.value, 1), usual)
    return Flows(problem.sums, problem.value, inside & ~problem.known, np.where(hidden, 0.0, cost))


def _hide(problem: Problem, cells: np.ndarray, hidden: np.ndarray, reach: Reach, may_fail: bool) -> None:
    """Hide in place what the targets among ``cells`` need; a target without an answer waits for a larger part."""
    inside = np.zeros(len(problem), bool)
    inside[cells] = True
    flows: Flows | None = None
    for target in problem.targets:
        if not inside[target]:
            continue
        for amount in (problem.upper[target], -problem.lower[target]):
            reached = reach.up[target] if amount > 0 else reach.down[target]
            if abs(amount) <= reached + NOTHING:
                continue
            flows = flows or _flows(problem, cells, hidden)
            change = flows.push(int(target), float(amount))
            if change is None:
                if may_fail:
                    break
                raise Unprotectable(f"cell {target} cannot move by {amount:g} whatever is hidden")
            reach.learn(change)
            fresh = np.flatnonzero((change != 0) & ~hidden)
            hidden[fresh] = True
            flows.set_cost(fresh, 0.0)


def _cheapest_third(problem: Problem, row: int, hidden: np.ndarray) -> int:
    members = problem.sums[row].indices
    free = members[~hidden[members] & ~problem.known[members]]
    return int(free[np.argmin(problem.weight[free])])


def free_what_is_not_needed(problem: Problem, hidden: np.ndarray) -> np.ndarray:
    """Publish hidden cells again, the dearest first, while every target keeps its interval without them."""
    hidden = hidden.copy()
    flows = Flows(problem.sums, problem.value, hidden, problem.weight)
    needs = [(int(t), float(a)) for t in problem.targets for a in (problem.upper[t], -problem.lower[t]) if abs(a) > 0]
    witness = [flows.push(target, amount) for target, amount in needs]
    guarded = abs(problem.sums[problem.guarded_sums()])
    extra = np.flatnonzero(hidden & ~problem.hidden)
    for cell in extra[np.argsort(-problem.weight[extra], kind="stable")]:
        hidden[cell] = False
        if len(problem.in_need_of_a_third(hidden)) and guarded[:, cell].nnz:
            hidden[cell] = True
            continue
        flows.set_movable(int(cell), False)
        found: dict[int, np.ndarray] = {}
        for number, (target, amount) in enumerate(needs):
            change = witness[number]
            if change is not None and change[cell] != 0:
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
    return hidden
