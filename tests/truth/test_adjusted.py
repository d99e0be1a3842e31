"""Adjusted series of a nation, held against the trends and against statsmodels' own way of calling STL."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.truth.conftest import View
from tests.truth.recompute import TOTAL

pytestmark = pytest.mark.xdist_group("truth")

LEAST, FOR_HOLIDAYS = 36, 60


def test_original_beside_adjusted_and_why_not(view: View) -> None:
    keys = ["ref_period", "indicator", "sex"]
    trends = view.trends[view.trends["breakdown_type"].isin(["total", "sex"])].set_index(keys)
    for (_, _), part in view.adjusted.groupby(["indicator", "sex"]):
        index = pd.MultiIndex.from_frame(part[keys])
        assert (trends.loc[index, "value"].to_numpy() == part["value_nsa"].to_numpy()).all()
        final = part[part["status"] == "F"]
        assert part.loc[part["status"] == "P", "value_sa"].isna().all()
        assert (part.loc[part["status"] == "P", "null_reason"] == "provisional_month").all()
        assert final["value_sa"].notna().all() == (len(final) >= LEAST)
        if len(final) >= LEAST:
            assert (final["has_holiday_regression"] == (len(final) >= FOR_HOLIDAYS)).all()
    assert view.adjusted["value_sa"].notna().any()
    assert {"insured_stock", "openings_new", "ui_claims_new"} <= set(view.adjusted["indicator"])


def test_season_of_the_insured_is_that_of_statsmodels(view: View) -> None:
    from statsmodels.tsa.seasonal import STL

    stock = view.adjusted.query("indicator == 'insured_stock' and sex == @TOTAL").dropna(subset=["value_sa"])
    stock = stock.sort_values("ref_period")
    logs = np.log(stock["value_nsa"].astype(float))
    seasonal = np.exp(STL(logs.to_numpy(), period=12, robust=True).fit().seasonal)
    # apart from the move to annual totals, which is small for a stock
    assert stock["seasonal"].astype(float).to_numpy() == pytest.approx(seasonal, rel=0.01)
    change = 100 * (stock["value_sa"].astype(float) / stock["value_sa"].astype(float).shift(1) - 1)
    shown = stock["change_1m_percent"].astype(float)
    assert pd.isna(shown.iloc[0]) and shown.iloc[1:].to_numpy() == pytest.approx(change.iloc[1:].to_numpy(), abs=1e-3)


def test_no_season_is_left_in_the_insurance_series(view: View) -> None:
    there = view.adjusted.dropna(subset=["value_sa"])
    moves = there[there["indicator"].isin(["acquisitions", "losses"]) & (there["sex"] == TOTAL)]
    assert (moves["qs_p_value_nsa"].astype(float) < 0.01).all()
    assert (moves["qs_p_value_sa"].astype(float) > 0.01).all()
    years = there.groupby(["indicator", "sex", there["ref_period"].dt.year])[["value_nsa", "value_sa"]]
    for _, year in years:
        if len(year) == 12:
            original, adjusted = year.astype(float).sum()
            assert adjusted == pytest.approx(original, rel=0.005)
