"""Alerts on surges recomputed from counts of days and months, and how often the rule had fired before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.truth import daily
from tests.truth.conftest import View

pytestmark = pytest.mark.xdist_group("truth")

THRESHOLD = 4.0
KEYS = ["frequency", "indicator", "region_code"]
WEEKLY = ["openings_new", "registrations_new", "ui_claims_new"]
MONTHLY = [*WEEKLY, "losses", "losses_involuntary"]


def weeks(view: View) -> pd.DataFrame:
    """Seven days up to each day of each series, and an eighth of the eight weeks before them."""
    keys = ["indicator", "region_code", "ref_date"]
    counted = daily.counts(view.truth, view.as_of).set_index(keys)["value"].sort_index()
    today = pd.Timestamp(view.as_of)
    first = view.trends[view.trends["indicator"].isin(WEEKLY)].groupby("indicator")["ref_period"].min()
    parts = []
    for indicator in WEEKLY:
        days = pd.date_range(max(first[indicator], today - pd.Timedelta(days=1199)), today - pd.Timedelta(days=1))
        for region in view.daily["region_code"].unique():
            there = counted.get((indicator, region), pd.Series(dtype=float))
            by_day = there.astype(float).reindex(days, fill_value=0.0)
            before = by_day.rolling(56).sum().shift(7) / 8
            parts.append(pd.DataFrame({
                "frequency": "D", "indicator": indicator, "region_code": region, "ref_date": days,
                "value": by_day.rolling(7).sum().to_numpy(), "expected": before.to_numpy(),
                "variance": before.to_numpy() * 9 / 8,
            }))  # fmt: skip
    return pd.concat(parts).dropna(subset=["expected"])


def months(view: View) -> pd.DataFrame:
    """Each final month of the trends beside the same month a year before."""
    shown = view.trends[
        view.trends["indicator"].isin(MONTHLY) & view.trends["breakdown_type"].isin(["total", "region"])
    ]
    shown = shown.assign(value=shown["value"].astype(float))[[*KEYS[1:], "ref_period", "value", "status"]]
    before = shown.assign(ref_period=shown["ref_period"] + pd.DateOffset(years=1))[[*KEYS[1:], "ref_period", "value"]]
    both = shown[shown["status"] == "F"].merge(before, on=[*KEYS[1:], "ref_period"], suffixes=("", "_before"))
    return pd.DataFrame({
        "frequency": "M", "indicator": both["indicator"], "region_code": both["region_code"],
        "ref_date": both["ref_period"], "value": both["value"], "expected": both["value_before"],
        "variance": both["value"] + both["value_before"],
    })  # fmt: skip


def test_what_surges(view: View) -> None:
    found = pd.concat([weeks(view), months(view)]).sort_values([*KEYS, "ref_date"]).reset_index(drop=True)
    found["score"] = (found["value"] - found["expected"]) / np.sqrt(found["variance"].clip(lower=1))
    found["is_alert"] = found["score"].round(6) >= THRESHOLD
    series = found.groupby(KEYS)
    # weeks that overlap with the one judged are no history of it
    overlap = np.where(found["frequency"] == "D", 6, 0)
    found["history_figures"] = (series.cumcount() - overlap).clip(lower=0)
    fired = series["is_alert"].cumsum()
    found["history_alerts"] = np.where(
        found["frequency"] == "D", fired.groupby([found[key] for key in KEYS]).shift(7),
        fired.groupby([found[key] for key in KEYS]).shift(1),
    )  # fmt: skip
    found["history_alerts"] = found["history_alerts"].fillna(0)
    found["false_alarm_rate"] = found["history_alerts"] / found["history_figures"].where(found["history_figures"] > 0)
    found["is_latest"] = series["ref_date"].transform("max") == found["ref_date"]
    recent = found["ref_date"] > pd.Timestamp(view.as_of) - pd.Timedelta(days=400)
    expected = found[found["is_latest"] | (found["is_alert"] & recent)].set_index([*KEYS, "ref_date"])
    shown = view.alerts.set_index([*KEYS, "ref_date"])
    assert len(shown) == len(expected) and set(shown.index) == set(expected.index)
    shown = shown.loc[expected.index]
    for name in ("is_alert", "is_latest", "history_figures", "history_alerts"):
        assert shown[name].tolist() == expected[name].tolist(), name
    for name in ("value", "expected", "score", "false_alarm_rate"):
        assert np.allclose(shown[name].astype(float), expected[name], atol=1e-6, equal_nan=True), name
    assert (shown["threshold"].astype(float) == THRESHOLD).all()
    assert (shown["null_reason"].notna() == (shown["history_figures"] == 0)).all()
    assert set(shown.index.get_level_values(0)) == {"D", "M"} and shown["is_alert"].any()
