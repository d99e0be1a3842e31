"""Adjusted series of a nation, held against the trends and against statsmodels' own way of calling STL."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.truth import columns
from tests.truth.conftest import View
from tests.truth.recompute import TOTAL

pytestmark = pytest.mark.xdist_group("truth")

LEAST, FOR_HOLIDAYS = 36, 60
#: what is adjusted by province, and from how many a month on average
BY_PROVINCE, DENSE = {"openings_new", "registrations_new", "insured_stock"}, 25


def test_original_beside_adjusted_and_why_not(view: View) -> None:
    keys = ["ref_period", "indicator", "region_code", "sex"]
    trends = view.trends[view.trends["breakdown_type"].isin(["total", "sex", "region"])].set_index(keys)
    for (_, region, _), part in view.adjusted.groupby(keys[1:]):
        index = pd.MultiIndex.from_frame(part[keys])
        original = trends.loc[index, "value"].to_numpy(float)
        assert np.array_equal(original, part["value_nsa"].to_numpy(float), equal_nan=True)
        final = part[part["status"] == "F"]
        assert part.loc[part["status"] == "P", "value_sa"].isna().all()
        assert (part.loc[part["status"] == "P", "null_reason"] == "provisional_month").all()
        is_dense = region == TOTAL or final["value_nsa"].astype(float).mean() >= DENSE
        assert final["value_sa"].notna().all() == (len(final) >= LEAST and is_dense)
        assert (set(final["null_reason"]) == {"too_few_a_month"}) == (not is_dense)
        if len(final) >= LEAST and is_dense:
            assert (final["has_holiday_regression"] == (len(final) >= FOR_HOLIDAYS)).all()
    assert view.adjusted["value_sa"].notna().any()
    assert {"insured_stock", "openings_new", "ui_claims_new", "openings_per_seeker"} <= set(view.adjusted["indicator"])
    provinces = view.adjusted[view.adjusted["region_code"] != TOTAL]
    assert set(provinces["indicator"]) == BY_PROVINCE and "_U" not in set(provinces["region_code"])
    of_trends = view.trends[(view.trends["breakdown_type"] == "region") & view.trends["indicator"].isin(BY_PROVINCE)]
    assert len(provinces) == (of_trends["region_code"] != "_U").sum()


@pytest.mark.parametrize("region", [TOTAL, "11", "41"])
def test_season_of_the_insured_is_that_of_statsmodels(view: View, region: str) -> None:
    from statsmodels.tsa.seasonal import STL

    stock = view.adjusted.query("indicator == 'insured_stock' and region_code == @region and sex == @TOTAL")
    stock = stock.dropna(subset=["value_sa"]).sort_values("ref_period")
    # days of feasts, which are regressed out first, move a small province more than its season
    logs = np.log(stock["value_nsa"].astype(float)) - np.log(stock["holiday"].astype(float))
    seasonal = np.exp(STL(logs.to_numpy(), period=12, robust=True).fit().seasonal)
    # apart from the move to annual totals, which is small for a stock
    assert stock["seasonal"].astype(float).to_numpy() == pytest.approx(seasonal, rel=0.01)
    change = 100 * (stock["value_sa"].astype(float) / stock["value_sa"].astype(float).shift(1) - 1)
    shown = stock["change_1m_percent"].astype(float)
    assert pd.isna(shown.iloc[0]) and shown.iloc[1:].to_numpy() == pytest.approx(change.iloc[1:].to_numpy(), abs=1e-3)


def test_no_season_is_left_in_the_insurance_series(view: View) -> None:
    there = view.adjusted.dropna(subset=["value_sa"])
    moves = there[there["indicator"].isin(["acquisitions", "losses"]) & (there["sex"] == TOTAL)]
    assert len(moves)
    assert (moves["qs_p_value_nsa"].astype(float) < 0.01).all()
    assert (moves["qs_p_value_sa"].astype(float) > 0.01).all()
    there = there[there["decomposition"] != "INDIRECT"]
    years = there.groupby(["indicator", "region_code", "sex", there["ref_period"].dt.year])[["value_nsa", "value_sa"]]
    for _, year in years:
        if len(year) == 12:
            original, adjusted = year.astype(float).sum()
            assert adjusted == pytest.approx(original, rel=0.005)


def test_parts_of_an_adjusted_series_make_it_up(view: View) -> None:
    """But for rounding: original = adjusted x season x holidays, adjusted = trend x irregular."""
    there = view.adjusted.dropna(subset=["value_sa"]).set_index("decomposition")
    there = there[["value_nsa", "value_sa", "value_trend", "seasonal", "holiday", "irregular"]].astype(float)
    for kind, join in (("MULTIPLICATIVE", np.multiply), ("ADDITIVE", np.add)):
        part = there.loc[[kind]]
        close = {"rtol": 1e-5, "atol": 2e-3}
        original = join(join(part["value_sa"], part["seasonal"]), part["holiday"])
        assert np.allclose(part["value_nsa"], original, **close), kind
        assert np.allclose(part["value_sa"], join(part["value_trend"], part["irregular"]), **close), kind
    assert there.loc[["INDIRECT"], ["seasonal", "holiday", "irregular"]].isna().all(axis=None)


def test_season_that_is_left_is_tested(view: View) -> None:
    """Both tests anew from the published series: p-values within what four decimals of the series leave."""
    from statsmodels.formula.api import ols
    from statsmodels.tsa.stattools import acf

    def qs(values: np.ndarray) -> float:
        moves = np.diff(values)
        n, lags = len(moves), acf(moves, nlags=24, fft=False)
        power = sum(max(lags[lag], 0) ** 2 / (n - lag) for lag in (12, 24))
        return float(np.exp(-n * (n + 2) * power / 2)) if lags[12] > 0 else 1.0

    there = view.adjusted.dropna(subset=["value_sa"]).sort_values("ref_period")
    for _, part in there.groupby(["indicator", "region_code", "sex"]):
        scale = np.log if part["decomposition"].iloc[0] == "MULTIPLICATIVE" else np.asarray
        original, adjusted = (scale(part[name].to_numpy(float)) for name in ("value_nsa", "value_sa"))
        moves = pd.DataFrame({"move": np.diff(adjusted), "month": part["ref_period"].dt.month.to_numpy()[1:]})
        found = (qs(original), qs(adjusted), ols("move ~ C(month)", moves).fit().f_pvalue)
        for p_value, name in zip(found, ("qs_p_value_nsa", "qs_p_value_sa", "f_p_value_sa"), strict=True):
            assert np.allclose(part[name].astype(float), p_value, atol=5e-3), name


def test_an_adjusted_ratio_is_that_of_adjusted_counts(view: View) -> None:
    index = ["region_code", "sex", "indicator", "ref_period"]
    there = view.adjusted.set_index(index)[["value_sa", "value_trend"]].astype(float)
    indirect = view.adjusted[view.adjusted["decomposition"] == "INDIRECT"].set_index(index)
    for indicator, part in indirect.groupby(level="indicator"):
        row = columns.seed("trend_indicators", "indicator").loc[indicator]
        above, below = (
            there.xs(row[side], level="indicator").reindex(part.index.droplevel("indicator"))
            for side in ("numerator", "denominator")
        )
        for name in ("value_sa", "value_trend"):
            expected = float(row["scale"]) * (above[name] / below[name]).to_numpy()
            assert np.allclose(part[name].astype(float), expected, atol=1e-3), (indicator, name)
    assert {"openings_per_seeker", "involuntary_loss_share"} & set(indirect.index.get_level_values("indicator"))


def test_shift_of_the_beveridge_curve(view: View) -> None:
    """Each point against a line through the sixty months before it and itself."""
    points = view.trends[view.trends["breakdown_type"] == "total"].set_index(["indicator", "ref_period"])["value"]
    u, v = (points[f"beveridge_{side}_register"].astype(float) for side in "uv")
    for row in view.beveridge.sort_values("ref_period").itertuples():
        assert float(row.u) == pytest.approx(u[row.ref_period]) and float(row.v) == pytest.approx(v[row.ref_period])
        months = [m for m in sorted(u.index) if m <= row.ref_period][-FOR_HOLIDAYS:]
        logs = np.array([(np.log(u[m]), np.log(v[m])) for m in months if u[m] > 0 and v[m] > 0]).reshape(-1, 2)
        assert row.months == len(logs)
        if pd.isna(row.null_reason):
            slope, intercept = np.polyfit(logs[:, 0], logs[:, 1], 1)
            left = np.log(v[row.ref_period]) - intercept - slope * np.log(u[row.ref_period])
            assert float(row.shift) == pytest.approx(left, abs=1e-6)
        else:
            assert pd.isna(row.shift)
    assert len(view.beveridge) == len(u) and view.beveridge["shift"].notna().any()
