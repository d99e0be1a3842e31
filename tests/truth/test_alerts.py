"""Alerts on surges recomputed from counts of days, and how often the rule had fired before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.truth import daily
from tests.truth.conftest import View
from tests.truth.recompute import TOTAL

pytestmark = pytest.mark.xdist_group("truth")

THRESHOLD = 4.0


@pytest.mark.parametrize("indicator", ["openings_new", "registrations_new", "ui_claims_new"])
@pytest.mark.parametrize("region", [TOTAL, "11"])
def test_weeks_that_surge(view: View, indicator: str, region: str) -> None:
    shown = view.alerts.query("frequency == 'D' and indicator == @indicator and region_code == @region")
    counted = daily.counts(view.truth, view.as_of).query("indicator == @indicator and region_code == @region")
    first = pd.Timestamp(view.trends.query("indicator == @indicator")["ref_period"].min())
    yesterday = pd.Timestamp(view.as_of) - pd.Timedelta(days=1)
    days = pd.date_range(first, yesterday)
    days = days[days > pd.Timestamp(view.as_of) - pd.Timedelta(days=1200)]
    by_day = counted.set_index("ref_date")["value"].astype(float).reindex(days, fill_value=0.0).to_numpy()
    weeks = np.convolve(by_day, np.ones(7))[: len(by_day)]
    scores = {}
    for n in range(62, len(weeks)):
        expected = by_day[n - 62 : n - 6].sum() / 8
        scores[days[n]] = (weeks[n] - expected) / max(expected * 9 / 8, 1.0) ** 0.5
    alerts = {day for day, score in scores.items() if score >= THRESHOLD - 1e-9}
    recent = {day for day in alerts if day > pd.Timestamp(view.as_of) - pd.Timedelta(days=400)}
    assert set(shown.loc[shown["is_alert"], "ref_date"]) == recent
    assert list(shown.loc[shown["is_latest"], "ref_date"]) == [max(scores)]
    for row in shown.itertuples():
        assert float(row.score) == pytest.approx(scores[row.ref_date], abs=1e-5)
        before = [day for day in scores if day <= row.ref_date - pd.Timedelta(days=7)]
        assert row.history_figures == len(before) and row.history_alerts == len(alerts & set(before))
        assert float(row.false_alarm_rate) == pytest.approx(row.history_alerts / row.history_figures, abs=1e-9)
