"""The key figures are those of the newest days and months that are complete enough."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.truth import key_figures
from tests.truth.conftest import View
from tests.truth.sources import Loads
from tests.truth.test_verification import agree

pytestmark = pytest.mark.xdist_group("truth")


def test_key_figures(view: View) -> None:
    mart = view.others["mart_employment_key_figures"].set_index(["frequency", "indicator", "region_code"])
    loads = Loads(view.settings, view.as_of)
    expected = key_figures.figures(loads, view.daily, view.trends, view.nowcasts)
    assert set(mart.index) == set(expected)
    changed = key_figures.changes(view.truth, view.as_of)
    for cell, row in zip(mart.index, mart.to_dict("records"), strict=True):
        for name, value in expected[cell].items():
            published = row[name]
            if isinstance(value, str):
                assert published == value, (cell, name)
            else:
                assert agree(published, value, 1e-9), (cell, name, published, value)
        assert (row["periods_changed"], row["change_since_day_before"]) == changed.get(cell, (0, 0))
        assert (row["value_year_before"] is None or not pd.isna(row["value_year_before"])) or (
            "value_year_before" in row["null_reason"]
        )
    assert mart["value"].notna().mean() > 0.8 and (mart["newest_time_period"] != mart["time_period"]).any()
    assert (mart["periods_changed"] > 0).any()
