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


def test_steps_narrow_and_name_their_base(view: View) -> None:
    year = view.coaching.query("organisation_code == '_T' and frequency == 'A' and status == 'F'")
    wide = year.pivot(index="time_period", columns="indicator", values="numerator").astype(float)
    placed = wide[["coaching_placed_of_coached", "coaching_placed_of_assessed"]].dropna()  # window not yet closed
    coached = wide[["coaching_coached_of_assessed", "coaching_assessed"]].dropna()
    assert len(placed) >= 3 and (placed.iloc[:, 0] <= placed.iloc[:, 1]).all()
    assert len(coached) >= 3 and (coached.iloc[:, 0] <= coached.iloc[:, 1]).all()
    bases = view.coaching[view.coaching["indicator"].str.contains("_of_")]
    assert (bases["denominator_name"] == bases["indicator"].str.split("_of_").str[1]).all()
    assert pd.isna(view.coaching.loc[view.coaching["indicator"] == "coaching_assessed", "denominator_name"]).all()
