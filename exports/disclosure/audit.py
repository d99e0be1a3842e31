"""An attempt to break what is about to be published: linear programmes work out, for every hidden cell, the interval
that an outsider can derive from everything published, across tables and earlier releases.

Shares no code with the suppression: it reads the finished tables, ties their cells together by itself and asks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import breadth_first_order, connected_components

from exports.disclosure.specs import Family

#: an interval narrower than this is a point
POINT = 1e-4
#: sizes of the neighbourhoods in which a change is looked for before all tied cells are asked
NEAR = (2_000, 10_000)
#: weight of the cell that is asked about beside others that a programme may answer for on the way
OWN = 50.0


class AuditFailed(Exception):
    """Hidden cells can be worked out; nothing is published. The message names counts and ids, never a value."""


@dataclass(frozen=True)
class Published:
    """One family and period as :func:`audit` is given it."""

    family: Family
    tables: Mapping[str, pd.DataFrame]
    edges: pd.DataFrame
    truth: pd.DataFrame
    earlier: Mapping[tuple[str, str], pd.DataFrame]


@dataclass(frozen=True)
class Finding:
    """``cells``: cell_id, low, high (interval proven to be possible, to the width that is needed), outcome.

    Outcomes: protected; recoverable (a point); narrow (inside its protection interval); insider (the single contributor
    of one cell can work it out); exposed (published before with the same value, which nothing can take back).
    """

    cells: pd.DataFrame
    programmes: int

    def ids(self, outcome: str) -> list[str]:
        return list(self.cells.loc[self.cells["outcome"] == outcome, "cell_id"])

    @property
    def is_safe(self) -> bool:
        return not any(self.ids(outcome) for outcome in ("recoverable", "narrow", "insider"))

    def require(self) -> None:
        """Raises AuditFailed unless every hidden cell is safe."""
        if self.is_safe:
            return
        found = {outcome: self.ids(outcome) for outcome in ("recoverable", "narrow", "insider")}
        said = "; ".join(f"{len(ids)} {name}, as {', '.join(ids[:3])}" for name, ids in found.items() if ids)
        raise AuditFailed(f"Hidden cells can be worked out from what is published: {said}. Nothing is published.")


def sums_of(family: Family, table_id: str, frame: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """What adds up in one published table: (sum, cell_id, sign), the total with -1.

    ``frame``: cell_id and one column of codes per dimension. ``edges``: which code lies under which.
    """
    by = next(table.by for table in family.tables if table.id == table_id)
    names = [d.name for d in family.dimensions]
    found = []
    for dimension in family.dimensions:
        if dimension.name not in by:
            continue
        others = [name for name in names if name != dimension.name]
        shown = set(dimension.edges(by[dimension.name]))
        below = edges[edges["dimension"] == dimension.name]
        for (child_level, parent_level), pairs in below.groupby(["child_level", "parent_level"], sort=True):
            if (child_level, parent_level) not in shown:
                continue
            parts = frame.merge(pairs[["child", "parent"]], left_on=dimension.name, right_on="child")
            totals = frame[[*names, "cell_id"]].rename(columns={dimension.name: "parent", "cell_id": "total_id"})
            tied = parts.merge(totals, on=[*others, "parent"])
            tied["sum"] = tied["total_id"] + f" by {dimension.name} {child_level}"
            found.append(tied[["sum", "cell_id"]].assign(sign=1))
            found.append(
                tied[["sum", "total_id"]].drop_duplicates().rename(columns={"total_id": "cell_id"}).assign(sign=-1)
            )
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({"sum": [], "cell_id": [], "sign": []})


def audit(
    family: Family,
    published: Mapping[str, pd.DataFrame],
    edges: pd.DataFrame,
    truth: pd.DataFrame,
    earlier: Mapping[tuple[str, str], pd.DataFrame] | None = None,
) -> Finding:
    """The attempt. ``published``: table -> cell_id, codes by dimension, obs_value (NaN where hidden).

    ``truth``: cell_id, value, lower, upper, sensitive, single. ``earlier``: (release, table) -> the same columns as in
    ``published``, for the same period. A sum of an earlier table says something about today's cells when it holds with
    today's values: then the outsider is taken to know that nothing in it was revised.
    """
    truth = truth.set_index("cell_id")
    cells = pd.concat([frame[["cell_id", "obs_value"]] for frame in published.values()])
    hidden = set(cells.loc[cells["obs_value"].isna(), "cell_id"])
    # hidden in one table and shown in another is shown
    shown = set(cells.loc[cells["obs_value"].notna(), "cell_id"])
    ties = [sums_of(family, table, frame, edges) for table, frame in published.items()]
    insiders = {cell for tie in ties for cell in _told_by_insiders(tie, hidden - shown, truth)}
    told_before: set[str] = set()
    for number, ((_, table), frame) in enumerate(sorted((earlier or {}).items(), key=lambda item: item[0])):
        tie, told = _still_true(sums_of(family, table, frame, edges), frame, truth)
        told_before |= told
        ties.append(tie.assign(sum=f"{number} " + tie["sum"]))
    unknown = sorted(hidden - shown - told_before)
    reach, result = _intervals(pd.concat(ties, ignore_index=True), unknown, truth)
    result.loc[result["cell_id"].isin(insiders) & (result["outcome"] == "protected"), "outcome"] = "insider"
    open_cells = [
        {"cell_id": cell, "low": truth["value"][cell], "high": truth["value"][cell],
         "outcome": "exposed" if cell in told_before and cell not in shown else "recoverable"}
        for cell in sorted(hidden & (shown | told_before))
    ]  # fmt: skip
    return Finding(pd.concat([result, pd.DataFrame(open_cells, columns=result.columns)]), reach.programmes)


def audit_tied(parts: Mapping[str, Published], ties: pd.DataFrame) -> Finding:
    """The attempt on several publications at once. ``parts``: name -> what is published; ``ties`` (sum, part, cell_id,
    sign): sums over cells of several parts. Cells are named ``<part> <cell_id>``."""
    found, truths, unknown = [], [], set()
    for name, part in parts.items():
        own = [sums_of(part.family, table, frame, part.edges) for table, frame in part.tables.items()]
        truth = part.truth.set_index("cell_id")
        told: set[str] = set()
        for number, ((_, table), frame) in enumerate(sorted(part.earlier.items(), key=lambda item: item[0])):
            tie, now = _still_true(sums_of(part.family, table, frame, part.edges), frame, truth)
            told |= now
            own.append(tie.assign(sum=f"{number} " + tie["sum"]))
        cells = pd.concat([frame[["cell_id", "obs_value"]] for frame in part.tables.values()])
        hidden = set(cells.loc[cells["obs_value"].isna(), "cell_id"]) - told
        unknown |= {f"{name} {cell}" for cell in hidden - set(cells.loc[cells["obs_value"].notna(), "cell_id"])}
        found += [tie.assign(sum=f"{name} " + tie["sum"], cell_id=f"{name} " + tie["cell_id"]) for tie in own]
        truths.append(truth.set_index(f"{name} " + truth.index))
    found.append(ties.assign(cell_id=ties["part"] + " " + ties["cell_id"])[["sum", "cell_id", "sign"]])
    reach, result = _intervals(pd.concat(found, ignore_index=True), sorted(unknown), pd.concat(truths))
    return Finding(result, reach.programmes)


def _intervals(ties: pd.DataFrame, unknown: list[str], truth: pd.DataFrame) -> tuple[_Reach, pd.DataFrame]:
    """How far each unknown cell can lie from its value while all ties hold, and what that means for it."""
    tied = ties.drop_duplicates()
    tied = tied[tied["cell_id"].isin(unknown)]
    values = truth.reindex(unknown)
    now = values["value"].to_numpy(float)
    reach = _Reach(_matrix(tied, unknown), now, np.full(len(now), np.inf))
    up, down = reach.stretch(values["upper"].to_numpy(float), values["lower"].to_numpy(float))
    result = pd.DataFrame({"cell_id": unknown, "low": now - down, "high": now + up})
    narrow = (up < values["upper"] - POINT).to_numpy() | (down < values["lower"] - POINT).to_numpy()
    result["outcome"] = np.where(up + down < POINT, "recoverable", np.where(narrow, "narrow", "protected"))
    return reach, result


def audit_rounded(
    family: Family,
    published: Mapping[str, pd.DataFrame],
    edges: pd.DataFrame,
    truth: pd.DataFrame,
    reach: float,
    earlier: Mapping[tuple[str, str], pd.DataFrame] | None = None,
) -> Finding:
    """The attempt on rounded tables: every cell lies less than ``reach`` from what is published, none below zero, and
    the true cells add up. A sensitive cell that these leave at one point is recoverable. ``earlier``: as in
    :func:`audit`, rounded too; a cell that lies as near to what was published of it counts as not revised."""
    frame = pd.concat([table[["cell_id", "obs_value"]] for table in published.values()]).drop_duplicates("cell_id")
    frame = frame.merge(truth, on="cell_id").sort_values("cell_id", ignore_index=True)
    ties = pd.concat([sums_of(family, table, cells, edges) for table, cells in published.items()]).drop_duplicates()
    value, shown = frame["value"].to_numpy(float), frame["obs_value"].to_numpy(float)
    # whole numbers: less than the reach means at most one less
    edge = reach - (1 if family.kind == "count" else 0)
    fall, rise = value - np.maximum(shown - edge, 0), shown + edge - value
    for _, table in sorted((earlier or {}).items(), key=lambda item: item[0]):
        then = table.set_index("cell_id")["obs_value"].reindex(frame["cell_id"]).to_numpy(float)
        near = abs(then - value) <= edge
        fall = np.where(near, np.minimum(fall, value - np.maximum(then - edge, 0)), fall)
        rise = np.where(near, np.minimum(rise, then + edge - value), rise)
    outsider = _Reach(_matrix(ties, list(frame["cell_id"])), fall, rise)
    none = np.zeros(len(frame))
    up, down = outsider.stretch(none, none, frame["sensitive"].to_numpy(bool))
    result = frame.assign(low=value - down, high=value + up)[frame["sensitive"]]
    result["outcome"] = np.where(result["high"] - result["low"] < POINT, "recoverable", "protected")
    return Finding(result[["cell_id", "low", "high", "outcome"]], outsider.programmes)


def _told_by_insiders(ties: pd.DataFrame, hidden: set[str], truth: pd.DataFrame) -> set[str]:
    """Sensitive cells that stand in a sum with just one other hidden one, which its contributor knows."""
    # a total with one part is that part: its contributor learns nothing
    inside = ties[(ties.groupby("sum")["cell_id"].transform("size") > 2) & ties["cell_id"].isin(hidden)]
    inside = inside[inside.groupby("sum")["cell_id"].transform("size") == 2]
    about = truth.reindex(inside["cell_id"])
    inside = inside.assign(sensitive=about["sensitive"].to_numpy(bool), single=about["single"].to_numpy(bool))
    both = inside[inside.groupby("sum")["sensitive"].transform("all")]
    knows = both[both["single"]].groupby("sum")["cell_id"].first()
    told = both[both["sum"].isin(knows.index)]
    told = told[told["cell_id"].to_numpy() != knows.reindex(told["sum"]).to_numpy()]
    return set(told["cell_id"])


def _still_true(ties: pd.DataFrame, frame: pd.DataFrame, truth: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    """Sums over cells hidden then that hold with today's values; and cells told then with today's value."""
    then = frame.set_index("cell_id")["obs_value"]
    now = truth["value"].reindex(then.index)
    told = set(then.index[(then - now).abs() < POINT])
    value = then.reindex(ties["cell_id"]).fillna(now.reindex(ties["cell_id"])).to_numpy(float)
    gap = pd.Series(value * ties["sign"].to_numpy(float)).groupby(ties["sum"].to_numpy()).sum(min_count=1)
    whole = pd.Series(np.isnan(value)).groupby(ties["sum"].to_numpy()).sum() == 0
    holds = gap.index[(gap.abs() < POINT) & whole.reindex(gap.index)]
    was_hidden = then.index[then.isna()]
    return ties[ties["sum"].isin(holds) & ties["cell_id"].isin(was_hidden)], told


def _matrix(ties: pd.DataFrame, unknown: list[str]) -> sparse.csr_matrix:
    row, _ = pd.factorize(ties["sum"])
    column = pd.Index(unknown).get_indexer(ties["cell_id"])
    shape = (int(row.max()) + 1 if len(row) else 0, len(unknown))
    return sparse.csr_matrix((ties["sign"].to_numpy(float), (row, column)), shape=shape)


class _Reach:
    """How far each unknown can lie from its value when every published sum holds.

    ``fall``, ``rise``: how far each can be lower and higher by itself.
    """

    def __init__(self, sums: sparse.csr_matrix, fall: np.ndarray, rise: np.ndarray) -> None:
        self.sums, self.fall, self.rise, self.programmes = sums, fall, rise, 0
        value = fall
        self.up, self.down = np.zeros(len(value)), np.zeros(len(value))
        present = abs(sums)
        self.neighbours = (present.T @ present).tocsr() if sums.shape[0] else sparse.csr_matrix((len(value),) * 2)
        self.component = connected_components(self.neighbours, directed=False)[1] if len(value) else np.zeros(0, int)

    def stretch(
        self, need_up: np.ndarray, need_down: np.ndarray, asked: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Distances above and below, exact where they fall short of the need, otherwise at least the need."""
        self.need = {1: need_up, -1: need_down}
        order = np.argsort(-np.maximum(need_up, need_down), kind="stable")
        for cell in order if asked is None else order[asked[order]]:
            # a cell without a need must at least be no point
            needs = [(1, need_up[cell]), (-1, need_down[cell])]
            if need_up[cell] <= 0 and need_down[cell] <= 0:
                needs = [(1, min(1.0, self.rise[cell])), (-1, min(1.0, self.fall[cell]))]
            for sign, need in needs:
                is_free = need_up[cell] <= 0 and need_down[cell] <= 0 and self.up[cell] + self.down[cell] >= POINT
                if not is_free and (self.up if sign > 0 else self.down)[cell] < need - POINT / 2:
                    self._ask(int(cell), sign, float(need))
        return self.up, self.down

    def _ask(self, cell: int, sign: int, need: float) -> None:
        for near, is_all in self._neighbourhoods(cell):
            change = self._programme(near, cell, sign, need, others=not is_all)
            self._learn(near, change)
            if (self.up if sign > 0 else self.down)[cell] >= need - POINT / 2:
                return

    def _neighbourhoods(self, cell: int) -> Iterator[tuple[np.ndarray, bool]]:
        """Cells near this one, more and more of them, at last all that are tied to it."""
        tied = int((self.component == self.component[cell]).sum())
        order = breadth_first_order(self.neighbours, cell, directed=False, return_predecessors=False)
        for size in (*(size for size in NEAR if size < tied), tied):
            yield np.sort(order[:size]), size == tied

    def _programme(self, near: np.ndarray, cell: int, sign: int, need: float, others: bool) -> np.ndarray:
        """Move ``cell`` as far as it needs; with ``others``, whatever else near it has a need too."""
        self.programmes += 1
        rows = self.sums[:, near]
        rows = rows[np.diff(rows.indptr) > 0]
        place = int(np.searchsorted(near, cell))
        cost = np.zeros(len(near))
        low, high = -self.fall[near], self.rise[near].copy()
        if others:
            wanted = self.need[sign][near]
            is_open = (wanted > 0) & ((self.up if sign > 0 else self.down)[near] < wanted - POINT / 2)
            cost[is_open] = -sign
            if sign > 0:
                high[is_open] = np.minimum(high[is_open], wanted[is_open])
            else:
                low[is_open] = np.maximum(low[is_open], -wanted[is_open])
        cost[place] = -sign * OWN
        if sign > 0:
            high[place] = min(self.rise[cell], need)
        else:
            low[place] = max(-self.fall[cell], -need)
        found = linprog(
            cost, A_eq=rows if rows.shape[0] else None, b_eq=np.zeros(rows.shape[0]) if rows.shape[0] else None,
            bounds=np.column_stack([low, high]), method="highs",
        )  # fmt: skip
        if found.x is None:
            raise RuntimeError(f"the audit's programme ended without an answer: {found.message}")
        return np.asarray(found.x)

    def _learn(self, near: np.ndarray, change: np.ndarray) -> None:
        change = np.where(abs(change) < POINT / 100, 0, change)
        for d in (change, -change):
            falls, rises = d < 0, d > 0
            scale = min(
                1.0,
                np.min(self.fall[near][falls] / -d[falls], initial=1.0),
                np.min(self.rise[near][rises] / d[rises], initial=1.0),
            )
            self.up[near] = np.maximum(self.up[near], d * scale)
            self.down[near] = np.maximum(self.down[near], -d * scale)
