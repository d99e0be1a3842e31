"""The daily trends and what they say of their completeness, held against the truth."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from tests.truth import daily
from tests.truth.conftest import View
from tests.truth.recompute import TOTAL, insured_jobs
from tests.truth.test_truth import differences

pytestmark = pytest.mark.xdist_group("truth")

EVENTS = {"openings_new", "registrations_new", "ui_claims_new", "acquisitions", "losses"}
REPORTED = {"acquisitions_reported", "losses_reported"}
HISTORY_DAYS = 400


def test_every_day_and_province(view: View) -> None:
    published = view.daily
    assert set(published["indicator"]) == EVENTS | REPORTED
    days = pd.date_range(end=view.as_of, periods=HISTORY_DAYS)
    assert (published.groupby(["indicator", "region_code"]).size() == HISTORY_DAYS).all()
    assert set(published["ref_date"]) == set(days)
    expected = daily.counts(view.truth, view.as_of)
    expected = expected[expected["ref_date"].isin(days)]
    assert differences(published, expected, daily.KEYS, ["value"]) == []
    assert published.groupby("indicator")["value"].sum().min() > 0


def test_replay_of_reports_agrees_with_the_figures_of_past_days(view: View) -> None:
    """The log of moves, summed up to a day, is what was known on that day: the replay of all reports until then."""
    log = daily.moves(view.truth, view.as_of)
    for back in (0, 45, 400):
        day = view.as_of - timedelta(days=back)
        jobs = insured_jobs(view.truth, day)
        known = log[log["received"] <= pd.Timestamp(day)]
        for indicator, column in (("acquisitions", "begin"), ("losses", "end")):
            counted = known[known["indicator"] == indicator].groupby("day")["n"].sum()
            assert counted[counted != 0].to_dict() == jobs[column].dropna().value_counts().to_dict()


def test_days_said_to_be_half_in_turn_out_so(view: View) -> None:
    """Completeness against the truth: what days of two months hold now, over what they will hold when all is told."""
    jobs = insured_jobs(view.truth, view.as_of + timedelta(days=400))
    published = view.daily[view.daily["region_code"] == TOTAL]
    for indicator, column in (("acquisitions", "begin"), ("losses", "end")):
        days = published[published["indicator"] == indicator]
        age = (pd.Timestamp(view.as_of) - days["ref_date"]).dt.days
        two_months = (age >= 10) & (age < 70)
        days, last_month = days[two_months], age[two_months] < 40
        known = days["value"].astype(float)
        really = days["ref_date"].map(jobs[column].value_counts()).fillna(0)
        assert (known / days["completeness"].astype(float)).sum() == pytest.approx(really.sum(), rel=0.2)
        assert known[last_month].sum() < 0.7 * really[last_month].sum(), "of the last month much is not in"
