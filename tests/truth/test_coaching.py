"""The coaching funnel equals what the truth says of each client."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.truth import coaching
from tests.truth.conftest import View
from tests.truth.test_truth import differences, quotient, same_ratio

pytestmark = pytest.mark.xdist_group("truth")


def test_coaching_funnel(view: View) -> None:
    expected = coaching.funnel(view.truth, view.as_of).reset_index()
    published = view.coaching
    assert set(published["indicator"]) == set(expected["indicator"])
    assert len(set(expected["indicator"])) == 17
    counts = published["indicator"] == "coaching_assessed"
    assert published.loc[counts, "denominator"].isna().all() and published.loc[~counts, "denominator"].notna().all()
    cells = published.assign(denominator=published["denominator"].fillna(0))
    assert differences(cells, expected, coaching.KEYS, ["numerator", "denominator", "pending"]) == []
    scales = {"percent": 100}
    for row in published[published["denominator"].notna()].itertuples():
        assert same_ratio(row.value, quotient(scales.get(row.unit, 1) * row.numerator, row.denominator))
    total = published.query("organisation_code == '_T' and frequency == 'A'").groupby("indicator")["numerator"].sum()
    assert (total > 0).all()


def test_each_step_rests_on_the_one_before(view: View) -> None:
    keys = ["frequency", "time_period", "organisation_code"]
    cells = view.coaching.pivot(index=keys, columns="indicator", values=["numerator", "denominator"]).fillna(0)
    above, below = cells["numerator"].astype(float), cells["denominator"].astype(float)
    for step in ("trained", "applied", "placed"):
        assert (below[f"coaching_{step}_of_coached"] == above["coaching_coached_of_assessed"]).all()
    assert (below["coaching_placed_of_trained"] == above["coaching_trained_of_coached"]).all()
    assert (above["coaching_placed_of_assessed"] == above["coaching_placed_of_coached"]).all()
    placed = above["coaching_placed_of_coached"]
    for months in ("6m", "12m"):
        assert (below[f"coaching_retained_{months}_of_placed"] <= placed).all()
    assert (above["coaching_retained_6m_of_placed"] > 0).any()
    assert (placed < above["coaching_coached_of_assessed"]).any()


def test_steps_name_their_base(view: View) -> None:
    bases = view.coaching[view.coaching["indicator"].str.contains("_of_")]
    assert (bases["denominator_name"] == bases["indicator"].str.split("_of_").str[1]).all()
    assert pd.isna(view.coaching.loc[view.coaching["indicator"] == "coaching_assessed", "denominator_name"]).all()
