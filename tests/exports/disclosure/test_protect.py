"""The whole path on random tables: nothing hidden can be worked out, and what is weakened is found out."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.disclosure import publications
from exports.disclosure.audit import AuditFailed, audit
from exports.disclosure.cells import build
from exports.disclosure.primary import sensitive
from exports.disclosure.protect import Protected, judged, protect, published, question
from exports.disclosure.publications import Earlier, known
from exports.disclosure.specs import Family
from tests.exports.disclosure.support import LABEL, facts, family

NOTHING = Earlier({}, frozenset())
SEEDS = st.integers(0, 10_000)


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory) -> Family:
    """Two linked tables: by district and age, by province, sex and age."""
    dimensions = {
        "region": {"concept": "REF_AREA", "label": LABEL, "hierarchies": [["sido", "sigungu"]]},
        "sex": {"concept": "SEX", "label": LABEL, "hierarchies": [["sex"]]},
        "age": {"concept": "AGE", "label": LABEL, "hierarchies": [["age"]]},
    }
    tables = {
        "by_region_age": {"label": LABEL, "by": {"region": "sigungu", "age": "age"}},
        "by_sido_sex_age": {"label": LABEL, "by": {"region": "sido", "sex": "sex", "age": "age"}},
    }
    return family(
        tmp_path_factory.mktemp("specs"), dimensions=dimensions, tables=tables, contributors={"persons": "jobs"}
    )


def people(seed: int, log_mean: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (f"{s}", f"{s}{d}", sex, age, count)
        for s in (11, 26, 41)
        for d in range(rng.integers(2, 6))
        for sex in "FM"
        for age in ("Y15T29", "Y30T49", "Y50T64", "Y_GE65")
        if (count := int(rng.geometric(1 / np.exp(rng.normal(log_mean, 1.0)).clip(1.01)))) and rng.random() > 0.2
    ]
    return pd.DataFrame(rows, columns=["sido", "sigungu", "sex", "age", "jobs"])


def protected(family: Family, frame: pd.DataFrame, before: Earlier | None = None) -> Protected:
    con = facts([])
    con.register("facts", frame)
    return protect(con, family, "facts", before)


@settings(max_examples=6, deadline=None)
@given(seed=SEEDS)
def test_nothing_hidden_can_be_worked_out(persons: Family, seed: int) -> None:
    result = protected(persons, people(seed))
    result.finding.require()
    for frame in result.tables.values():
        assert (frame["obs_value"].isna() == (frame["conf_status"] != "F")).all()


def test_primary_suppression_alone_leaves_nearly_half_open(persons: Family) -> None:
    recoverable = hidden = 0
    for seed in range(6):
        con = facts([])
        con.register("facts", people(seed))
        cells = build(con, persons, "facts")
        found, past = sensitive(persons, cells), known(cells, NOTHING)
        problem = question(persons, cells, found, past, NOTHING)
        finding = audit(
            persons, published(persons, cells, found.cells, found, past), cells.edges, judged(cells, problem)
        )
        recoverable += len(finding.ids("recoverable"))
        hidden += int(found.cells.sum())
    assert 0.3 < recoverable / hidden < 0.6


@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
def test_a_weakened_suppression_is_caught(persons: Family, seed: int) -> None:
    """Show any one secondary cell again: the exact pattern has none to spare."""
    con = facts([])
    con.register("facts", people(seed))
    cells = build(con, persons, "facts")
    found, past = sensitive(persons, cells), known(cells, NOTHING)
    problem = question(persons, cells, found, past, NOTHING)
    result = protected(persons, people(seed))
    status = {c: s for f in result.tables.values() for c, s in zip(f["cell_id"], f["conf_status"], strict=True)}
    hidden = np.array([status[cell] != "F" for cell in cells.ids])
    secondary = np.flatnonzero(hidden & ~found.cells)
    for cell in np.random.default_rng(seed).permutation(secondary)[:3]:
        weaker = hidden.copy()
        weaker[cell] = False
        finding = audit(persons, published(persons, cells, weaker, found, past), cells.edges, judged(cells, problem))
        assert not finding.is_safe, f"{cells.ids[cell]} was hidden for nothing"
        with pytest.raises(AuditFailed, match="can be worked out"):
            finding.require()


def test_the_same_input_gives_the_same_pattern(persons: Family) -> None:
    first, second = (protected(persons, people(7)) for _ in range(2))
    for table, frame in first.tables.items():
        pd.testing.assert_frame_equal(frame, second.tables[table])


def test_the_log_counts_and_tells_no_value(persons: Family) -> None:
    result = protected(persons, people(3))
    table = result.tables["by_region_age"]
    entry = result.log["tables"]["by_region_age"]
    assert entry["cells"] == len(table) and entry["hidden"] == int(table["obs_value"].isna().sum())
    assert sum(entry["by_rule"].values()) == entry["hidden"] and {"min_persons", "secondary"} <= entry["by_rule"].keys()
    assert result.log["audit"]["outcomes"] == {"protected": len(result.finding.cells)}


def vintage(result: Protected, release: str, persons: Family, period: str = "2026-08") -> pd.DataFrame:
    return publications.rows(result.tables, release, period, datetime(2026, 9, int(release[1:]), tzinfo=UTC))


@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
def test_two_releases_of_one_period_cannot_be_held_against_each_other(persons: Family, seed: int) -> None:
    old = people(seed)
    first = protected(persons, old)
    new = old.copy()
    changed = np.random.default_rng(seed).random(len(new)) < 0.1
    new.loc[changed, "jobs"] += np.random.default_rng(seed + 1).integers(-2, 4, changed.sum())
    new = new[new["jobs"] > 0]
    before = publications.earlier(vintage(first, "r1", persons), persons, "2026-08")
    second = protected(persons, new, before)
    second.finding.require()
    then = {c for f in first.tables.values() for c in f.loc[f["conf_status"] != "F", "cell_id"]}
    now = {c for f in second.tables.values() for c in f.loc[f["conf_status"] == "F", "cell_id"]}
    assert not then & now, "what was hidden is shown"


def test_the_audit_holds_a_release_against_an_earlier_one(persons: Family) -> None:
    """The same figures with another pattern: each alone is safe, together they are not."""
    frame = people(11)
    first = protected(persons, frame)
    hidden = {c for f in first.tables.values() for c in f.loc[f["conf_status"] == "D", "cell_id"]}
    rows = vintage(first, "r1", persons)
    con = facts([])
    con.register("facts", frame)
    cells = build(con, persons, "facts")
    found, past = sensitive(persons, cells), known(cells, NOTHING)
    problem = question(persons, cells, found, past, NOTHING)
    shown_now = np.isin(cells.ids, sorted(hidden)[:1])
    everything = np.ones(len(cells), bool) & ~shown_now
    tables = published(persons, cells, everything, found, past)
    alone = audit(persons, tables, cells.edges, judged(cells, problem))
    alone.require()
    together = audit(
        persons, tables, cells.edges, judged(cells, problem), publications.earlier(rows, persons, "2026-08").tables
    )
    assert not together.is_safe


def test_the_pattern_of_the_month_before_is_kept_where_it_can_be(persons: Family) -> None:
    kept = changed = 0
    for seed in range(2):
        first = protected(persons, people(seed))
        rows = vintage(first, "r1", persons, "2026-07")
        hidden = {c for f in first.tables.values() for c in f.loc[f["conf_status"] == "D", "cell_id"]}
        new = people(seed)
        new["jobs"] += np.random.default_rng(seed).integers(0, 2, len(new))
        for before, count in ((None, 0), (publications.earlier(rows, persons, "2026-08"), 1)):
            second = protected(persons, new, before)
            same = hidden & {c for f in second.tables.values() for c in f.loc[f["conf_status"] == "D", "cell_id"]}
            kept, changed = (kept + len(same), changed) if count else (kept, changed + len(same))
    assert kept > changed
