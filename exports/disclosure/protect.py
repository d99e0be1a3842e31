"""One family of tables for one period: added up, protected, audited, with a log of what was hidden and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from exports.disclosure import cells as cell_tables
from exports.disclosure.audit import Finding, audit, audit_rounded
from exports.disclosure.cells import Cells
from exports.disclosure.primary import RULES, Sensitive, sensitive
from exports.disclosure.problem import Problem, weights
from exports.disclosure.publications import FREE, Earlier, Known, known
from exports.disclosure.rounding import round_table
from exports.disclosure.secondary import stacked, suppress
from exports.disclosure.specs import Family

#: a cell that was hidden in the period before costs this share of its weight
STABILITY = 0.5
SECONDARY = "D"


@dataclass(frozen=True)
class Protected:
    """``tables``: table -> cell_id, one column of codes per dimension, obs_value (NaN where hidden), conf_status.

    ``log`` holds rules, parameters and counts, no value. ``finding`` is the audit's; ``finding.require()`` before use.
    ``truth`` and ``edges`` are what the audit is held against.
    """

    tables: dict[str, pd.DataFrame]
    log: dict[str, Any]
    finding: Finding
    truth: pd.DataFrame
    edges: pd.DataFrame


def protect(con: duckdb.DuckDBPyConnection, family: Family, rows: str, before: Earlier | None = None) -> Protected:
    """Protect the tables of ``family`` made from ``rows``, a relation of ``con`` with the rows of one period.

    Raises CellError for rows that do not fit the specification, Unprotectable when no pattern hides a cell.
    """
    before = before or Earlier({}, frozenset())
    cells = cell_tables.build(con, family, rows, before.ids)
    found, past = sensitive(family, cells), known(cells, before)
    problem = question(family, cells, found, past, before)
    if family.rounding_base:
        return _round(family, cells, found, past, before, problem)
    hidden, method = suppress(problem, cells)
    tables = published(family, cells, hidden, found, past)
    truth = judged(cells, problem)
    finding = audit(family, tables, cells.edges, truth, before.tables)
    log = _log(family, cells, hidden, found, past, before, method, finding)
    return Protected(tables, log, finding, truth, cells.edges)


def _round(family: Family, cells: Cells, found: Sensitive, past: Known, before: Earlier, problem: Problem) -> Protected:
    """Multiples of the base instead of hidden cells."""
    base = family.rounding_base or 1
    rounded = round_table(cells.value, cells.sums, base, cells.ids)
    frame = pd.DataFrame({"cell_id": cells.ids})
    for number, name in enumerate(cells.dimensions):
        frame[name] = cells.text(number)
    frame = frame.assign(obs_value=rounded.value, conf_status=FREE)
    tables = {table: frame.iloc[at].reset_index(drop=True) for table, at in cells.tables.items()}
    truth = judged(cells, problem)
    finding = audit_rounded(family, tables, cells.edges, truth, rounded.reach, before.tables)
    none = np.zeros(len(cells), bool)
    method = f"{rounded.method} rounding to {base}"
    log = _log(family, cells, none, replace(found, rule=np.full(len(cells), -1)), past, before, method, finding)
    return Protected(tables, log, finding, truth, cells.edges)


def question(family: Family, cells: Cells, found: Sensitive, past: Known, before: Earlier) -> Problem:
    """What secondary suppression is asked."""
    was_hidden = (past.status != "") & ~past.shown
    margin = np.maximum(family.margin_percent / 100 * cells.value, 1)
    told_of = np.isin(past.status, ["A", "C"]) & was_hidden
    lower = np.maximum(found.lower, np.where(told_of, np.minimum(margin, cells.value), 0))
    upper = np.maximum(found.upper, np.where(told_of, margin, np.where(was_hidden, 1, 0)))
    weight = weights(cells.value, family.weight) * np.where(np.isin(cells.ids, list(before.pattern)), STABILITY, 1)
    must_hide = found.cells | was_hidden
    return Problem(
        sums=stacked(cells.sums, past.sums),
        value=cells.value,
        lower=lower,
        upper=upper,
        weight=weight,
        hidden=must_hide,
        known=past.shown | ((cells.value == 0) & ~must_hide),
        sensitive=found.cells,
        single=(cells.employers == 1) if family.employers else (cells.persons == 1),
    )


def published(
    family: Family, cells: Cells, hidden: np.ndarray, found: Sensitive, past: Known
) -> dict[str, pd.DataFrame]:
    """Tables as they are published: hidden values are NaN, every cell has its CONF_STATUS."""
    status = np.where(hidden, SECONDARY, FREE).astype(object)
    status = np.where(hidden & (past.status != ""), past.status, status)
    rule_status = np.array([*RULES.values(), ""], dtype=object)
    # a sensitive cell that was published before is hidden all the same; the log names it as exposed
    status = np.where(found.cells, rule_status[found.rule], status)
    frame = pd.DataFrame({"cell_id": cells.ids})
    for number, dimension in enumerate(family.dimensions):
        frame[dimension.name] = cells.text(number)
    frame["obs_value"] = np.where(status == FREE, cells.value, np.nan)
    frame["conf_status"] = status
    return {table: frame.iloc[at].reset_index(drop=True) for table, at in cells.tables.items()}


def judged(cells: Cells, problem: Problem) -> pd.DataFrame:
    """What the audit holds the intervals against."""
    return pd.DataFrame(
        {"cell_id": cells.ids, "value": problem.value, "lower": problem.lower, "upper": problem.upper,
         "sensitive": problem.sensitive, "single": problem.single}
    )  # fmt: skip


def _log(
    family: Family,
    cells: Cells,
    hidden: np.ndarray,
    found: Sensitive,
    past: Known,
    before: Earlier,
    method: str,
    finding: Finding,
) -> dict[str, Any]:
    reason = np.where(found.cells, np.array([*RULES, ""], dtype=object)[found.rule], "secondary")
    reason = np.where(~found.cells & (past.status != ""), "hidden_before", reason)
    tables = {}
    for table, at in cells.tables.items():
        is_hidden = (hidden | found.cells)[at]
        counts = Counter(reason[at][is_hidden].tolist())
        tables[table] = {"cells": len(at), "hidden": int(is_hidden.sum()), "by_rule": dict(sorted(counts.items()))}
    return {
        "family": family.id,
        "parameters": family.parameters,
        "method": method,
        "tables": tables,
        "earlier_publications": sorted({release for release, _ in before.tables}),
        "audit": {
            "cells": len(finding.cells), "programmes": finding.programmes,
            "outcomes": dict(sorted(Counter(finding.cells["outcome"].tolist()).items())),
        },
    }  # fmt: skip
