"""Cells of a family of tables and the sums that tie them together.

A cell that stands in two tables is one cell: it has one value, one status, and is one unknown to whoever tries to
recover it. So linked tables need no care of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import duckdb
import numpy as np
import pandas as pd
from scipy import sparse

from exports.disclosure.specs import TOTAL, Family

#: contributions kept per cell, largest first: what dominance rules look at
LARGEST = 6


class CellError(Exception):
    """The rows do not fit their specification; the message says which and what to do."""


@dataclass(frozen=True)
class Cells:
    """``n`` cells in order of their id.

    ``codes``: n x dimensions, index into ``names``; 0 is the total. ``largest``: n x LARGEST, sums of the largest
    employers. ``sums``: one row per sum, -1 at the total and +1 at its parts, so ``sums @ value = 0``.
    ``axis``: dimension a sum runs along. ``tables``: table -> positions of its cells. ``edges``: which code lies under
    which (dimension, child_level, parent_level, child, parent).
    """

    ids: np.ndarray
    dimensions: tuple[str, ...]
    codes: np.ndarray
    names: tuple[np.ndarray, ...]
    value: np.ndarray
    persons: np.ndarray
    employers: np.ndarray
    largest: np.ndarray
    sums: sparse.csr_matrix
    axis: np.ndarray
    tables: dict[str, np.ndarray]
    edges: pd.DataFrame

    def __len__(self) -> int:
        return len(self.ids)

    def text(self, dimension: int) -> np.ndarray:
        """Codes of one dimension as text, by cell."""
        return np.asarray(self.names[dimension][self.codes[:, dimension]])


def combinations(family: Family) -> dict[tuple[str, ...], list[str]]:
    """Every combination of levels that some table shows -> the tables that show it."""
    found: dict[tuple[str, ...], list[str]] = {}
    for table in family.tables:
        shown = []
        for dimension in family.dimensions:
            level = table.by.get(dimension.name)
            edges = dimension.edges(level) if level else []
            shown.append([TOTAL, *dict.fromkeys(child for child, _ in edges)])
        for combination in product(*shown):
            found.setdefault(combination, []).append(table.id)
    return found


def build(con: duckdb.DuckDBPyConnection, family: Family, rows: str, keep: set[str] | None = None) -> Cells:
    """Add up ``rows`` (a relation of ``con``) to the cells of the family.

    Cells without a contribution are zeros and are left out, except those in ``keep`` (cell ids) and, with guarded
    zeros, those that leave a group in one code only. Raises CellError.
    """
    levels = {level for d in family.dimensions for level in d.levels}
    columns = ", ".join([f'cast("{level}" as varchar) as "{level}"' for level in sorted(levels)])
    group = ", ".join(f'"{level}"' for level in sorted(levels))
    con.execute(
        f"create or replace temp table disclosure_rows as select {columns},"
        f" {_as_text(family.employers)} as employer, cast(sum({family.measure}) as double) as amount,"
        f" cast(sum({family.persons or 0}) as double) as persons from {rows} group by {group}, employer"
        f" having sum({family.measure}) <> 0"
    )
    _check_rows(con, family)
    combos = combinations(family)
    frame = pd.concat([_add_up(con, family, combo) for combo in combos], ignore_index=True)
    parents = _parents(con, family)
    names = [d.name for d in family.dimensions]
    if family.zeros == "guarded":
        frame = _with_guarded_zeros(frame, family, combos, parents)
    if keep:
        frame = _with_kept(frame, family, combos, keep, con)
    frame["id"] = ids_of(family, frame)
    frame = frame.sort_values("id", kind="stable", ignore_index=True)
    coded = [pd.factorize(np.concatenate([[TOTAL], frame[name].to_numpy(dtype=object)]), sort=False) for name in names]
    codes = np.column_stack([found[1:] for found, _ in coded]).astype(np.int64)
    labels = tuple(np.asarray(unique, dtype=object) for _, unique in coded)
    sums, axis = _sums(family, frame, codes, labels, combos, parents)
    tables = {
        table.id: np.flatnonzero(frame["combo"].map(lambda c, t=table.id: t in combos[c]).to_numpy())
        for table in family.tables
    }
    return Cells(
        ids=frame["id"].to_numpy(dtype=object),
        dimensions=tuple(names),
        codes=codes,
        names=labels,
        value=frame["amount"].to_numpy(float),
        persons=frame["persons"].to_numpy(float),
        employers=frame["employers"].to_numpy(float),
        largest=np.array(
            [np.pad(np.asarray(x, float), (0, LARGEST - len(x))) for x in frame["largest"]], float
        ).reshape(len(frame), LARGEST),
        sums=sums,
        axis=axis,
        tables=tables,
        edges=pd.DataFrame(
            [
                (names[number], child, parent, *pair)
                for (number, child, parent), above in parents.items()
                for pair in sorted(above.items())
            ],
            columns=["dimension", "child_level", "parent_level", "child", "parent"],
        ),
    )


def ids_of(family: Family, frame: pd.DataFrame) -> pd.Series:
    """Cell ids, ``region=11|sex=F``: dimensions by name, those at their total left out; the grand total is ``_T``."""
    parts = pd.Series("", index=frame.index)
    for dimension in sorted(family.dimensions, key=lambda d: d.name):
        code = frame[dimension.name].astype(object)
        parts = parts + np.where(code == TOTAL, "", "|" + dimension.name + "=" + code)
    return parts.str[1:].where(parts != "", TOTAL)


def _as_text(column: str | None) -> str:
    return f'cast("{column}" as varchar)' if column else "cast(null as varchar)"


def _check_rows(con: duckdb.DuckDBPyConnection, family: Family) -> None:
    negative = con.execute("select count(*) from disclosure_rows where amount < 0").fetchall()[0][0]
    if negative:
        raise CellError(
            f"{family.id}: {negative} rows of {family.relation} are below zero after adding up by employer. Intervals"
            " rest on amounts of zero or more: publish gains and losses as two measures."
        )
    for dimension in family.dimensions:
        for level in dimension.levels:
            missing = con.execute(f'select count(*) from disclosure_rows where "{level}" is null').fetchall()[0][0]
            if missing:
                raise CellError(f"{family.id}: {level} is NULL in {missing} rows. Give them a code for unknown.")
            strange = con.execute(f"select count(*) from disclosure_rows where \"{level}\" like '%|%'").fetchall()[0][0]
            if strange:
                raise CellError(f"{family.id}: {strange} codes of {level} hold a |, which parts the ids of cells.")


def _add_up(con: duckdb.DuckDBPyConnection, family: Family, combo: tuple[str, ...]) -> pd.DataFrame:
    codes = ", ".join(
        f"'{TOTAL}' as \"{d.name}\"" if level == TOTAL else f'"{level}" as "{d.name}"'
        for d, level in zip(family.dimensions, combo, strict=True)
    )
    names = ", ".join(f'"{d.name}"' for d in family.dimensions)
    frame = con.execute(
        f"with by_employer as (select {codes}, employer, sum(amount) as amount, sum(persons) as persons"
        f" from disclosure_rows group by all)"
        f" select {names}, sum(amount) as amount, sum(persons) as persons, count(employer) as employers,"
        f" max(amount, {LARGEST}) filter (where employer is not null) as largest"
        f" from by_employer group by all having sum(amount) > 0"
    ).df()
    frame["largest"] = [x if isinstance(x, np.ndarray | list) else [] for x in frame["largest"]]
    frame["combo"] = [combo] * len(frame)
    return frame


def _parents(con: duckdb.DuckDBPyConnection, family: Family) -> dict[tuple[int, str, str], dict[str, str]]:
    """(dimension, child level, parent level) -> child code -> parent code. Raises CellError when a code has two."""
    found: dict[tuple[int, str, str], dict[str, str]] = {}
    for number, dimension in enumerate(family.dimensions):
        level_of: dict[str, str] = {}
        for level in dimension.levels:
            for (code,) in con.execute(f'select distinct "{level}" from disclosure_rows').fetchall():
                if level_of.setdefault(code, level) != level:
                    raise CellError(
                        f"{family.id}: {dimension.name}: code {code!r} stands at the levels {level_of[code]} and"
                        f" {level}. Give each level codes of its own, as '{code}_U' for what is unknown below {code}."
                    )
        for child, parent in dimension.edges(dimension.hierarchies[0][-1]):
            pairs = con.execute(
                f'select distinct "{child}", ' + (f"'{TOTAL}'" if parent == TOTAL else f'"{parent}"')
                + " from disclosure_rows"
            ).fetchall()  # fmt: skip
            above = dict(pairs)
            if len(above) < len(pairs):
                twice = next(c for c in above if sum(c == pair[0] for pair in pairs) > 1)
                raise CellError(
                    f"{family.id}: {child} {twice!r} belongs to two of {parent}. A code has one place in a hierarchy."
                )
            found[number, child, parent] = above
    return found


def _sums(
    family: Family,
    frame: pd.DataFrame,
    codes: np.ndarray,
    labels: tuple[np.ndarray, ...],
    combos: dict[tuple[str, ...], list[str]],
    parents: dict[tuple[int, str, str], dict[str, str]],
) -> tuple[sparse.csr_matrix, np.ndarray]:
    sizes = [len(label) for label in labels]
    if np.prod([float(size) for size in sizes]) > 2**62:
        raise CellError(f"{family.id}: too many codes for one family. Split it into tables that share no cell.")
    strides = np.cumprod([1, *sizes[:-1]], dtype=np.int64)
    keys = codes @ strides
    order = np.argsort(keys)
    positions = frame.groupby("combo", sort=False).indices
    children, totals, axes = [], [], []
    for (number, child, parent), above in parents.items():
        of = {code: i for i, code in enumerate(labels[number])}
        up = np.full(sizes[number], -1)
        for code, parent_code in above.items():
            if code in of and parent_code in of:
                up[of[code]] = of[parent_code]
        for combo in combos:
            coarser = (*combo[:number], parent, *combo[number + 1 :])
            if combo[number] != child or coarser not in combos or combo not in positions:
                continue
            rows = np.asarray(positions[combo])
            wanted = keys[rows] + (up[codes[rows, number]] - codes[rows, number]) * strides[number]
            total = order[np.searchsorted(keys, wanted, sorter=order)]
            children.append(rows)
            totals.append(total)
            axes.append(np.full(len(rows), number * 1000 + family.dimensions[number].levels.index(child)))
    if not children:
        return sparse.csr_matrix((0, len(frame))), np.zeros(0, int)
    part, total, kind = map(np.concatenate, (children, totals, axes))
    pairs, row = np.unique(np.column_stack([total, kind]), axis=0, return_inverse=True)
    row = row.ravel()
    matrix = sparse.coo_matrix(
        (
            np.concatenate([np.ones(len(part)), -np.ones(len(pairs))]),
            (np.concatenate([row, np.arange(len(pairs))]), np.concatenate([part, pairs[:, 0]])),
        ),
        shape=(len(pairs), len(frame)),
    ).tocsr()
    return matrix, pairs[:, 1] // 1000


def _with_guarded_zeros(
    frame: pd.DataFrame,
    family: Family,
    combos: dict[tuple[str, ...], list[str]],
    parents: dict[tuple[int, str, str], dict[str, str]],
) -> pd.DataFrame:
    """Zeros beside the only code that a group falls into: they tell it of everybody in the group."""
    names = [d.name for d in family.dimensions]
    added = []
    for (number, child, _), above in parents.items():
        dimension = family.dimensions[number]
        if not dimension.is_sensitive:
            continue
        siblings = pd.DataFrame({"sibling": list(above), "parent_code": list(above.values())})
        others = [name for name in names if name != dimension.name]
        for combo in combos:
            if combo[number] != child:
                continue
            cells = frame[frame["combo"] == combo].assign(parent_code=lambda f, d=dimension, a=above: f[d.name].map(a))
            alone = cells[cells.groupby([*others, "parent_code"])["amount"].transform("size") == 1]
            zeros = alone.merge(siblings, on="parent_code")
            zeros = zeros[zeros["sibling"] != zeros[dimension.name]]
            added.append(zeros.assign(**{dimension.name: zeros["sibling"]})[[*names, "combo"]])
    return _append_zeros(frame, pd.concat(added) if added else frame.iloc[:0], names)


def _with_kept(
    frame: pd.DataFrame,
    family: Family,
    combos: dict[tuple[str, ...], list[str]],
    keep: set[str],
    con: duckdb.DuckDBPyConnection,
) -> pd.DataFrame:
    """Cells that were hidden before and are zero now stay unknowns; codes that are gone are left out."""
    names = [d.name for d in family.dimensions]
    level_of = [
        {TOTAL: TOTAL} | {code: level for level in d.levels
        for (code,) in con.execute(f'select distinct "{level}" from disclosure_rows').fetchall()}
        for d in family.dimensions
    ]  # fmt: skip
    present = set(ids_of(family, frame))
    wanted = []
    for cell_id in sorted(keep - present):
        parts = dict(part.split("=", 1) for part in cell_id.split("|") if "=" in part)
        codes = [parts.get(name, TOTAL) for name in names]
        combo = tuple(of.get(code, "") for of, code in zip(level_of, codes, strict=True))
        if combo in combos:
            wanted.append([*codes, combo])
    return _append_zeros(frame, pd.DataFrame(wanted, columns=[*names, "combo"]), names)


def _append_zeros(frame: pd.DataFrame, zeros: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    zeros = zeros.drop_duplicates(names).assign(amount=0.0, persons=0.0, employers=0)
    zeros["largest"] = [[]] * len(zeros)
    return pd.concat([frame, zeros], ignore_index=True).drop_duplicates(names, ignore_index=True)
