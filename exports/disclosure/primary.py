"""Primary suppression: which cells tell too much about a contributor by themselves, and how far they must be hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exports.disclosure.cells import Cells
from exports.disclosure.specs import Family

#: rules in the order in which they are named when several hold; the SDMX CONF_STATUS of each
RULES = {
    "min_persons": "A",
    "min_employers": "A",
    "dominance": "C",
    "p_percent": "C",
    "zeros": "A",
}


@dataclass(frozen=True)
class Sensitive:
    """Per cell: ``rule`` (number in RULES, -1 for none), and the protection interval ``value - lower`` to
    ``value + upper`` that what an outsider can derive must contain."""

    rule: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def cells(self) -> np.ndarray:
        return self.rule >= 0


def dominates(largest: np.ndarray, total: np.ndarray, n: int, k: float) -> np.ndarray:
    """(n,k) rule: the ``n`` largest of a cell hold more than ``k`` % of it (tau-Argus manual 2.2).

    ``largest``: cells x contributions, largest first.
    """
    return (total > 0) & (largest[:, :n].sum(axis=1) > k / 100 * total)


def lets_estimate(largest: np.ndarray, total: np.ndarray, p: float) -> np.ndarray:
    """p% rule: the second largest can tell the largest to within ``p`` %, T - x1 - x2 < p/100 x1 (tau-Argus 2.2)."""
    return (total > 0) & (total - largest[:, 0] - largest[:, 1] < p / 100 * largest[:, 0])


def sensitive(family: Family, cells: Cells) -> Sensitive:
    """Every rule of the family on every cell.

    A cell with too few persons must look as if it might be empty and as if it might reach the threshold. One with too
    few employers must be unknown to ``margin_percent``, one with a dominating employer to what the rule asks for (HiTaS
    and tau-Argus: upper protection level of (n,k) = 100/k sum of n largest - T, of p% = p/100 x1 - (T - x1 - x2)).
    """
    n, value = len(cells), cells.value
    rule, lower, upper = np.full(n, -1), np.zeros(n), np.zeros(n)
    largest = cells.largest

    def mark(name: str, where: np.ndarray, down: np.ndarray, up: np.ndarray) -> None:
        first = where & (rule < 0)
        rule[first] = list(RULES).index(name)
        lower[where] = np.maximum(lower, down)[where]
        upper[where] = np.maximum(upper, up)[where]

    # amounts have no threshold of their own: too few contributors are hidden by a margin
    margin = family.margin_percent / 100 * value
    if family.persons:
        few = (cells.persons < family.min_persons) & (value > 0)
        if family.kind == "count":
            mark("min_persons", few, value, np.maximum(family.min_persons - value, margin))
        else:
            mark("min_persons", few, margin, margin)
    if family.employers:
        few = (cells.employers < family.min_employers) & (value > 0)
        # a margin below one would leave a whole number known
        enough = np.maximum(margin, family.min_employers) if family.kind == "count" else margin
        mark("min_employers", few, enough, enough)
    if family.dominance:
        top, k = family.dominance
        need = np.maximum(100 / k * largest[:, :top].sum(axis=1) - value, 0)
        mark("dominance", dominates(largest, value, top, k), np.minimum(need, value), need)
    if family.p_percent:
        p = family.p_percent
        need = np.maximum(p / 100 * largest[:, 0] - (value - largest[:, 0] - largest[:, 1]), 0)
        mark("p_percent", lets_estimate(largest, value, p), np.minimum(need, value), need)
    if family.zeros == "guarded":
        threshold = np.full(n, float(family.min_persons))
        mark("zeros", value == 0, np.zeros(n), threshold)
    return Sensitive(rule, np.minimum(lower, value), upper)
