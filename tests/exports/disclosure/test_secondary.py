"""How much more is hidden than must be: against the optimum of one integer programme that shares no code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from exports.disclosure import exact, heuristic
from exports.disclosure.cells import build
from exports.disclosure.problem import Problem, Unprotectable
from exports.disclosure.secondary import suppress
from tests.exports.disclosure.support import facts, family, random_table, threshold_problem

SHAPES = st.sampled_from([(4, 5), (3, 2, 2), (6, 3)])


def optimum(problem: Problem) -> float:
    """Least weight of what is hidden beyond the sensitive cells: every target with changes of its own, all at once."""
    n, needs = len(problem), [(t, u) for t in problem.targets for u in (problem.upper[t], -problem.lower[t]) if u]
    room = 10 * max(1.0, float(np.max([problem.lower, problem.upper])))
    size = n * (1 + len(needs))
    lower, upper = np.zeros(size), np.ones(size)
    lower[:n] = problem.hidden
    rows, low, high = [], [], []
    for number, (target, amount) in enumerate(needs, start=1):
        own = slice(number * n, (number + 1) * n)
        lower[own], upper[own] = -problem.value, room
        lower[number * n + target] = upper[number * n + target] = amount
        pick = sparse.lil_matrix((n, size))
        pick[np.arange(n), number * n + np.arange(n)] = 1
        pick = pick.tocsr()
        choose = sparse.hstack([sparse.identity(n), sparse.csr_matrix((n, size - n))])
        rows += [problem.sums @ pick, pick - room * choose, pick + sparse.diags(problem.value) @ choose]
        m = problem.sums.shape[0]
        low += [np.zeros(m), np.full(n, -np.inf), np.zeros(n)]
        high += [np.zeros(m), np.zeros(n), np.full(n, np.inf)]
    cost = np.concatenate([problem.weight, np.zeros(size - n)])
    found = milp(
        cost, integrality=np.concatenate([np.ones(n), np.zeros(size - n)]), bounds=Bounds(lower, upper),
        constraints=LinearConstraint(sparse.vstack(rows), np.concatenate(low), np.concatenate(high)),
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    assert found.success
    return float(found.fun - problem.weight[problem.hidden].sum())


def extra(problem: Problem, hidden: np.ndarray) -> float:
    return float(problem.weight[hidden].sum() - problem.weight[problem.hidden].sum())


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000), shape=SHAPES)
def test_small_tables_hide_no_more_than_must_be(seed: int, shape: tuple[int, ...]) -> None:
    problem = threshold_problem(*random_table(np.random.default_rng(seed), shape))
    problem = replace(problem, single=np.zeros(len(problem), bool))  # the optimum knows no insiders
    hidden, method = suppress(problem)
    assert method in ("exact", "none needed")
    assert extra(problem, hidden) == pytest.approx(optimum(problem))


def test_the_way_of_large_tables_hides_at_most_a_third_more_than_the_optimum() -> None:
    """On hierarchical tables in two and three dimensions; measured 1.05 to 1.1 over all of them together."""
    least = found = 0.0
    for seed in range(8):
        shape = [(5, 4), (3, 3, 2), (6, 5), (4, 3, 2)][seed % 4]
        problem = threshold_problem(*random_table(np.random.default_rng(seed), shape, groups=2))
        cleaned = heuristic.free_what_is_not_needed(problem, heuristic.suppress(problem))
        assert exact._Outsider(problem).cuts(cleaned) == []
        best = exact.suppress(problem)
        assert best is not None
        least, found = least + extra(problem, best), found + extra(problem, cleaned)
    assert found <= 1.3 * least


def test_a_large_table_by_boxes_is_as_safe(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = [
        (f"{s}", f"{s}{d}", sex, None, int(rng.geometric(0.15)))
        for s in range(11, 15)
        for d in range(6)
        for sex in "FM"
    ]  # fmt: skip
    cells = build(facts(rows), family(tmp_path, contributors={"persons": "jobs"}), "facts")
    problem = threshold_problem(cells.value, cells.sums)
    hidden = heuristic.suppress(problem, cells)
    assert exact._Outsider(problem).cuts(hidden) == []
    best = exact.suppress(problem)
    assert best is not None and extra(problem, hidden) <= 2 * extra(problem, best)


def test_a_single_contributor_beside_one_other_gets_a_third() -> None:
    """1 and 4 persons in one row: whoever is the one would know the four."""
    value = np.array([1.0, 4, 60, 70, 135])
    sums = sparse.csr_matrix(np.array([[1.0, 1, 1, 1, -1]]))
    hidden, _ = suppress(threshold_problem(value, sums))
    assert hidden.tolist() == [True, True, True, False, False]


def test_a_third_that_can_be_worked_out_is_no_third() -> None:
    """Columns betray what is hidden in one row only; the pattern then takes a second row."""
    rows = np.array([[1.0, 4, 60, 65], [20, 30, 40, 90], [21, 34, 100, 155]])
    row_sums = [np.outer(np.eye(3)[i], [1, 1, 1, -1]).ravel() for i in range(3)]
    column_sums = [np.outer([1, 1, -1], np.eye(4)[j]).ravel() for j in range(4)]
    problem = threshold_problem(rows.ravel(), sparse.csr_matrix(np.array(row_sums + column_sums)))
    one_row = np.zeros(12, bool)
    one_row[:3] = True
    assert heuristic.immovable(problem, one_row).tolist() == one_row.tolist()
    hidden, _ = suppress(problem)
    assert not heuristic.immovable(problem, hidden).any()
    assert hidden[:4].sum() >= 3


def test_a_cell_that_nothing_can_hide_is_named() -> None:
    value = np.array([3.0, 40, 43])
    problem = threshold_problem(value, sparse.csr_matrix(np.array([[1.0, 1, -1]])))
    problem.known[1:] = True
    with pytest.raises(Unprotectable, match="cell 0"):
        suppress(problem)
