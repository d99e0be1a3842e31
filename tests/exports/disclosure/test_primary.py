"""Cells of linked tables and the rules on them; worked examples of the standards."""

from pathlib import Path

import numpy as np
import pytest

from exports.disclosure.cells import CellError, build
from exports.disclosure.primary import RULES, dominates, lets_estimate, sensitive
from tests.exports.disclosure.support import LABEL, facts, family

LARGEST = np.array([[80.0, 10, 5, 5]])
TOTAL = np.array([100.0])


def test_dominance_as_in_the_standards() -> None:
    assert dominates(LARGEST, TOTAL, 1, 75).tolist() == [True]
    assert dominates(LARGEST, TOTAL, 1, 80).tolist() == [False]


def test_p_percent_as_in_the_standards() -> None:
    # 100 - 80 - 10 = 10 < 12
    assert lets_estimate(LARGEST, TOTAL, 15).tolist() == [True]
    # 10 is not below 12.5 % of 80 = 10
    assert lets_estimate(LARGEST, TOTAL, 12.5).tolist() == [False]


ROWS = [
    ("11", "11110", "F", "a", 4), ("11", "11110", "F", "b", 9), ("11", "11110", "F", "c", 2),
    ("11", "11140", "F", "a", 3), ("11", "11110", "M", "a", 40), ("26", "26110", "M", "d", 30),
    ("26", "26110", "M", "d", 1), ("26", "26140", "F", "e", 0),
]  # fmt: skip


def test_cells_are_shared_by_tables_and_add_up(tmp_path: Path) -> None:
    cells = build(facts(ROWS), family(tmp_path), "facts")
    value = dict(zip(cells.ids, cells.value, strict=True))
    assert value["_T"] == 89 and value["region=11"] == 58 and value["region=11110|sex=F"] == 15
    assert "region=26140" not in value, "a zero is published and no unknown"
    assert not (cells.sums @ cells.value).any()
    assert set(cells.ids[cells.tables["by_sido"]]) == {"_T", "region=11", "region=26"}
    employers = dict(zip(cells.ids, cells.employers, strict=True))
    assert employers["region=11|sex=F"] == 3 and employers["region=26"] == 1
    largest = dict(zip(cells.ids, cells.largest.tolist(), strict=True))
    assert largest["_T"][:3] == [47, 31, 9], "an employer counts once in a cell"


def test_each_rule_finds_its_cells(tmp_path: Path) -> None:
    rules = family(tmp_path, dominance={"n": 1, "k": 75}, p_percent=15)
    cells = build(facts(ROWS), rules, "facts")
    found = sensitive(rules, cells)
    named = {cell: list(RULES)[rule] for cell, rule in zip(cells.ids, found.rule, strict=True) if rule >= 0}
    assert named["region=11140|sex=F"] == "min_persons"
    assert named["region=26110|sex=M"] == "min_employers"
    assert named["region=11"] == "dominance"  # 47 of 58
    assert "region=11110|sex=F" not in named
    low = dict(zip(cells.ids, cells.value - found.lower, strict=True))
    high = dict(zip(cells.ids, cells.value + found.upper, strict=True))
    assert (low["region=11140|sex=F"], high["region=11140|sex=F"]) == (0, 6)  # 3 persons, and 1 employer: 3 +- 3
    assert high["region=11"] == pytest.approx(58 + 0.15 * 47 - 2)  # p% asks for more than 47 x 100 / 75


def test_guarded_zeros_hide_what_everybody_is(tmp_path: Path) -> None:
    dimensions = {
        "region": {"concept": "REF_AREA", "label": LABEL, "hierarchies": [["sido"]]},
        "outcome": {"concept": "OUTCOME", "label": LABEL, "hierarchies": [["outcome"]], "sensitive": True},
    }
    rules = family(
        tmp_path, dimensions=dimensions, zeros="guarded", contributors={"persons": "jobs"},
        tables={"t": {"label": LABEL, "by": {"region": "sido", "outcome": "outcome"}}},
    )  # fmt: skip
    con = facts([("11", "placed", 30), ("26", "placed", 20), ("26", "lost", 9)], "sido outcome jobs")
    cells = build(con, rules, "facts")
    zeros = set(cells.ids[cells.value == 0])
    assert zeros == {"outcome=lost|region=11"}
    assert not (cells.sums @ cells.value).any()
    rule = dict(zip(cells.ids, sensitive(rules, cells).rule, strict=True))
    assert rule["outcome=lost|region=11"] == list(RULES).index("zeros")


def test_rows_that_fit_no_hierarchy_are_refused(tmp_path: Path) -> None:
    rules = family(tmp_path)
    with pytest.raises(CellError, match="belongs to two of sido"):
        build(facts([("11", "11110", "F", "a", 1), ("26", "11110", "F", "a", 1)]), rules, "facts")
    with pytest.raises(CellError, match="stands at the levels"):
        build(facts([("11", "11", "F", "a", 1)]), rules, "facts")
    with pytest.raises(CellError, match="below zero"):
        build(facts([("11", "11110", "F", "a", -1)]), rules, "facts")
    with pytest.raises(CellError, match="sigungu is NULL"):
        build(facts([("11", None, "F", "a", 1)]), rules, "facts")
