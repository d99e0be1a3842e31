"""What secondary suppression is asked: cells, the sums between them, and which must stay uncertain by how much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

#: below this an amount is nothing: values are whole numbers or won
NOTHING = 1e-6


class Unprotectable(Exception):
    """No pattern hides a cell; the message says which one and why."""


@dataclass(frozen=True)
class Problem:
    """``n`` cells. ``sums`` (m x n): ``sums @ value = 0`` is public. ``lower``, ``upper``: how far below and above its
    value each cell must be possible. ``hidden``: hidden whatever it costs. ``known``: published, cannot be hidden.
    ``sensitive``: tells of a contributor. ``single``: has one contributor, who knows it."""

    sums: sparse.csr_matrix
    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    weight: np.ndarray
    hidden: np.ndarray
    known: np.ndarray
    sensitive: np.ndarray
    single: np.ndarray

    def __len__(self) -> int:
        return len(self.value)

    @property
    def targets(self) -> np.ndarray:
        """Cells that need an interval, the most demanding first; equals by position."""
        need = np.where(self.hidden & ~self.known, np.maximum(self.lower, self.upper), 0)
        wanted = np.flatnonzero(need > NOTHING)
        return wanted[np.argsort(-need[wanted], kind="stable")]

    def part(self, cells: np.ndarray) -> Problem:
        """The same question on some cells, with the sums that lie wholly among them."""
        inside = np.zeros(len(self), bool)
        inside[cells] = True
        outside = np.asarray(abs(self.sums) @ (~inside).astype(float)).ravel()
        touched = np.asarray(abs(self.sums) @ inside.astype(float)).ravel()
        names = ("value", "lower", "upper", "weight", "hidden", "known", "sensitive", "single")
        return replace(
            self,
            sums=self.sums[(outside == 0) & (touched > 0)][:, cells].tocsr(),
            **{name: getattr(self, name)[cells] for name in names},
        )

    def guarded_sums(self) -> np.ndarray:
        """Sums in which somebody knows a sensitive cell of their own beside another sensitive one: these need a third
        hidden cell, or the first tells the second (tau-Argus manual, singletons)."""
        present = abs(self.sums)
        own = np.asarray(present @ (self.single & self.sensitive & self.hidden).astype(float)).ravel()
        told = np.asarray(present @ (self.sensitive & self.hidden).astype(float)).ravel()
        room = np.asarray(present @ (~self.known).astype(float)).ravel()
        return np.flatnonzero((own >= 1) & (told >= 2) & (room >= 3))

    def in_need_of_a_third(self, hidden: np.ndarray) -> np.ndarray:
        guarded = self.guarded_sums()
        return guarded[np.asarray(abs(self.sums[guarded]) @ hidden.astype(float)).ravel() < 3]


def weights(value: np.ndarray, kind: str) -> np.ndarray:
    """What hiding a cell costs: its value, the logarithm of it, or one; never zero."""
    if kind == "one":
        return np.ones(len(value))
    return np.log1p(value) + 1 if kind == "log" else value + 1
