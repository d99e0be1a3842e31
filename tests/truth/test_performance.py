"""The performance of employment services equals what the truth says, cell by cell."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmi.core.keys import KeyRing
from tests.truth import agencies, guards, performance
from tests.truth.conftest import Told, View
from tests.truth.performance import KEYS
from tests.truth.recompute import date, table
from tests.truth.test_truth import differences, quotient, same_ratio

pytestmark = pytest.mark.xdist_group("truth")

COUNTED = [
    *performance.RATES, "episodes_started", "episodes_exited", "service_placements", "service_placements_repeated",
    "episodes_shared_share", "linked_share", "exit_delay_days", "cost_per_placement", "wage_ratio_previous",
    "wage_ratio_reservation",
]  # fmt: skip

#: rates that are compared with what was to be expected of the clients
ADJUSTED = [
    "placement_rate_6m", "placement_rate_exit", "employment_rate_6m", "retention_6m", "retention_12m",
    "employment_rate_q2", "employment_rate_q4", "employer_retention_q2_q4", "credential_attainment",
    "measurable_skill_gains",
]  # fmt: skip


@cache
def _served(truth: Path, as_of: date, home: Path, keys: KeyRing) -> pd.DataFrame:
    linked = agencies.links(home, truth, keys, as_of)
    return performance.episodes(truth, as_of, agencies.clients(truth, as_of, linked))


def served(view: View) -> pd.DataFrame:
    return _served(view.truth, view.as_of, view.home, view.keys)


@cache
def _counted(truth: Path, as_of: date, home: Path, keys: KeyRing) -> pd.DataFrame:
    return performance.counts(_served(truth, as_of, home, keys))


def counted(view: View) -> pd.DataFrame:
    return _counted(view.truth, view.as_of, view.home, view.keys)


@pytest.mark.parametrize("indicator", COUNTED)
def test_counts_and_ratios(view: View, indicator: str) -> None:
    published = view.performance.query("indicator == @indicator")
    expected = counted(view).query("indicator == @indicator")
    values = ["numerator", "denominator", "pending", "excluded"]
    if not published["denominator"].notna().any():
        values.remove("denominator")
    assert len(published) > 20 or indicator == "service_placements_repeated"
    assert published["numerator"].sum() > 0 or indicator == "service_placements_repeated"
    assert differences(published, expected, KEYS, values) == []
    for above, below, value, pending, reason in published[
        ["numerator", "denominator", "value", "pending", "null_reason"]
    ].itertuples(index=False):
        assert same_ratio(value, quotient(above, 1 if "denominator" not in values else below))
        if pd.isna(value):
            assert reason == ("window_open" if pending else "zero_denominator")


def test_medians(view: View) -> None:
    expected = performance.medians(served(view))
    published = view.performance[view.performance["indicator"].isin(["wage_at_placement_median", "median_earnings_q2"])]
    published = published.set_index(KEYS)
    assert set(published.index) == set(expected.index)
    both = published[["value", "denominator"]].astype(float).join(expected, rsuffix="_true")
    assert (both["denominator"] == both["denominator_true"]).all()
    assert ((both["value"] - both["value_true"]).abs() < 1).all()


def test_kaplan_meier(view: View) -> None:
    horizon = performance.observed_until(view.as_of)
    expected = performance.survivals(served(view), horizon)
    names = ["days_to_placement_median", "retention_km_6m", "retention_km_12m"]
    published = view.performance[view.performance["indicator"].isin(names)].set_index(KEYS)
    assert set(published.index) == set(expected.index)
    both = published[["value", "denominator"]].astype(float).join(expected, rsuffix="_true")
    assert (both["denominator"] == both["denominator_true"]).all()
    assert (both["value"].isna() == both["value_true"].isna()).all() and both["value"].notna().sum() > 50
    assert ((both["value"] - both["value_true"]).abs().fillna(0) < 1e-8).all()


def test_satisfaction_and_targets(view: View) -> None:
    """Surveys and targets are taken as the providers sent them."""
    provider = view.truth.parent / "provider"
    surveyed = view.performance[view.performance["indicator"].str.contains("satisfaction")]
    expected = guards.satisfaction(view.truth, view.as_of)
    assert set(surveyed["indicator"]) == set(expected["indicator"]) and expected["indicator"].nunique() == 4
    assert differences(surveyed, expected, KEYS, guards.VALUES) == []
    targets = pd.read_parquet(provider / "performance_targets.parquet")
    targets = targets[pd.to_datetime(targets["received_date"]) <= pd.Timestamp(view.as_of)]
    cell = ["time_period", "organisation_code", "programme_code"]
    targets = targets.rename(columns={"period": "time_period"})
    reached = counted(view).query("frequency == 'A' and breakdown_type == 'organisation_programme'")
    for code, indicator, source in [
        ("PLACEMENTS", "achievement_placements", "service_placements"),
        ("PLACEMENT_RATE", "achievement_placement_rate", "placement_rate_6m"),
    ]:
        agreed = targets[targets["indicator_code"] == code]
        expected = agreed[agreed["target_value"] > 0].merge(
            reached[reached["indicator"] == source], on=cell, how="left"
        ).fillna({"numerator": 0, "denominator": 0})  # fmt: skip
        weight = 1 if code == "PLACEMENTS" else expected["denominator"]
        expected["denominator"] = (expected["target_value"] * weight).astype(float).round(4)
        published = view.performance.query("breakdown_type == 'organisation_programme'")
        published = published[published["indicator"] == indicator]
        absent = published[published["null_reason"] == "target_absent"]
        assert absent[["value", "numerator", "denominator"]].isna().all(axis=None)
        assert len(absent) == len(agreed) - len(expected)
        published = published.drop(absent.index)
        assert len(published) == len(expected) > 50
        assert differences(published, expected, cell, ["numerator", "denominator"]) == []
        for above, below, value in published[["numerator", "denominator", "value"]].itertuples(index=False):
            assert same_ratio(value, quotient(100 * above, below))


def test_figures_are_final_when_every_window_of_the_cohort_has_closed(view: View) -> None:
    final = view.performance.query("status == 'F'")
    assert len(final) and (final["pending"].fillna(0) == 0).all()
    running = view.performance.query("status == 'P' and indicator == 'retention_12m' and breakdown_type == 'total'")
    assert (running["pending"] > 0).any()


def test_intervals_hold_the_rate_and_a_client_counts_once(told: Told) -> None:
    rates = told.latest.performance.query("interval_low.notna()")
    assert (rates["interval_low"] <= rates["value"]).all() and (rates["value"] <= rates["interval_high"]).all()
    truth = told.latest.truth
    episodes = [*table(truth, "episodes")["episode_id"], *table(truth, "agency_clients")["client_id"]]
    total = told.latest.performance.query("breakdown_type == 'total' and frequency == 'A'")
    started = total.loc[total["indicator"] == "episodes_started", "numerator"].sum()
    assert 0.9 * len(episodes) < started <= len(episodes)


def test_expected_rates_and_shrinkage(view: View) -> None:
    """Least squares by the library over clients of the two years before, and what follows from it in every cell."""
    factors = ["low_education", "disability", "ui_beneficiary"]
    clients = served(view)
    parts = []
    for indicator in ADJUSTED:
        day, outcome, members = performance.RATES[indicator]
        cohort = performance.gains(clients) if outcome == "gained" else clients
        cohort = cohort if members is None else cohort[cohort[members].astype(bool)]
        cohort = cohort[~cohort["excluded"] & cohort[outcome].notna() & cohort[day].notna()]
        years = pd.to_datetime(cohort[day]).dt.year
        cells = performance.cells(cohort.assign(y=cohort[outcome].astype(int), n=1), day, indicator)
        sums = cells.groupby(KEYS)[["y", "n", *factors]].sum()
        periods = sums.index.get_level_values("time_period")
        fits = {}
        for period in periods.unique():
            year = int(period[-4:]) - 1 if period.startswith("PY") else int(period[:4])
            known = cohort[years.isin([year - 1, year - 2])]
            x = np.column_stack([np.ones(len(known)), known[factors].to_numpy(float)])
            if len(known) >= 100:
                fits[period] = np.linalg.lstsq(x, known[outcome].astype(float).to_numpy(), rcond=None)[0][1:]
        shares = sums[factors].div(sums["n"], axis=0)
        sums["rate"] = sums["y"] / sums["n"]
        period = ["frequency", "time_period"]
        nation = pd.concat([shares, sums["rate"]], axis=1).xs("total", level="breakdown_type").groupby(period).first()
        nation = nation.reindex(pd.MultiIndex.from_arrays([sums.index.get_level_values(name) for name in period]))
        coefficients = np.array([fits.get(each, [np.nan] * 3) for each in periods])
        sums["factor"] = (coefficients * (shares.to_numpy() - nation[factors].to_numpy())).sum(axis=1)
        sums["expected"] = (nation["rate"].to_numpy() + sums["factor"]).clip(0, 1)
        sums["shrunk"] = (sums["y"] + 40 * sums["expected"]) / (sums["n"] + 40)
        parts.append(sums)
    expected = pd.concat(parts)
    published = view.performance.set_index(KEYS)
    assert set(published.index[published["adjustment_factor"].notna()]) <= set(expected.index)
    published = published.loc[expected.index]
    for name, column in (("factor", "adjustment_factor"), ("expected", "expected_rate"), ("shrunk", "shrunk_rate")):
        assert np.allclose(published[column].astype(float), expected[name], atol=1e-7, equal_nan=True), column
    assert expected["factor"].notna().sum() > 500
    found = overdispersion(expected.xs("organisation", level="breakdown_type"))
    periods = ["frequency", "time_period", "indicator"]
    wide = published.reset_index().set_index(periods)["overdispersion"].astype(float)
    assert np.allclose(wide, found.reindex(wide.index), atol=1e-6, equal_nan=True) and (found > 1).any()


def overdispersion(offices: pd.DataFrame) -> pd.Series:
    """Mean square of the offices' z-scores, the outer tenths pulled in (Spiegelhalter 2005)."""
    spread = (offices["expected"] * (1 - offices["expected"]) / offices["n"]) ** 0.5
    z = ((offices["rate"] - offices["expected"]) / spread.where(spread > 0)).dropna()
    periods = z.groupby(["frequency", "time_period", "indicator"])
    low, high = (periods.transform("quantile", share) for share in (0.1, 0.9))
    return (z.clip(low, high) ** 2).groupby(["frequency", "time_period", "indicator"]).mean().clip(lower=1)


def test_targets_of_cells_are_weighted_with_clients(view: View) -> None:
    """A cell has the mean of the levels agreed for its parts, when all of its clients stand in one with a level."""
    agreed = guards.levels(view.truth, view.as_of)
    cell = ["time_period", "organisation_code", "programme_code", "indicator"]
    parts = view.performance.query("breakdown_type == 'organisation_programme' and denominator > 0")
    parts = parts.merge(agreed, on=cell)
    parts = parts[parts["frequency"].isin(["A", "PY"])].assign(n=lambda f: f["denominator"].astype(float))
    parts["agreed"] = parts["level"] * parts["n"]
    sums = []
    for name, kept in performance.BREAKDOWNS.items():
        if "client_group" not in kept:
            others = {d: "_T" for d in performance.DIMENSIONS if d not in kept}
            sums.append(parts.assign(breakdown_type=name, **others).groupby(KEYS)[["agreed", "n"]].sum())
    expected = pd.concat(sums)
    published = view.performance.set_index(KEYS)[["target", "denominator"]].astype(float)
    both = expected.reindex(published.index)
    target = (both["agreed"] / both["n"]).where((both["n"] - published["denominator"]).abs() < 1e-6)
    assert target.notna().sum() > 100
    assert np.allclose(published["target"], target, rtol=1e-8, atol=1e-8, equal_nan=True)


def test_small_offices_are_not_ranked(view: View) -> None:
    offices = view.performance.query("breakdown_type == 'organisation' and shrunk_rate.notna()")
    assert (offices["rank_no"].isna() == (offices["denominator"] < 10)).all()
    assert offices["rank_no"].notna().any() and offices["rank_no"].isna().any()
    for _, table_of in offices[offices["rank_no"].notna()].groupby(["indicator", "time_period"]):
        assert (table_of["rank_no"] == table_of["shrunk_rate"].rank(ascending=False, method="min")).all()


def test_parity_of_groups(view: View) -> None:
    rates = counted(view)
    rates = rates[rates["breakdown_type"].isin(["client_group", "programme_client_group"])]
    cell = ["frequency", "time_period", "indicator", "breakdown_type", "programme_code", "client_group"]
    both = rates.set_index(cell)[["numerator", "denominator"]].astype(float)
    told = view.parity[view.parity["indicator"].isin(performance.RATES)]
    assert told["parity"].notna().sum() > 100 and (told["null_reason"] == "small_cell").any()
    for row in told.itertuples():
        key = (row.frequency, row.time_period, row.indicator, row.breakdown_type, row.programme_code)
        (k, n), (k0, n0) = (
            both.loc[(*key, group)] if (*key, group) in both.index else (0, 0)
            for group in (row.client_group, "GENERAL")
        )
        assert (row.numerator, row.denominator) == (k, n)
        if min(n, n0) < 10:
            assert pd.isna(row.parity) and pd.isna(row.difference) and row.null_reason == "small_cell"
            continue
        assert abs(float(row.difference) - (k / n - k0 / n0)) < 1e-8
        assert float(row.difference_low) <= float(row.difference) <= float(row.difference_high)
        if k0 == 0:
            assert pd.isna(row.parity)
        else:
            assert abs(float(row.parity) - (k / n) / (k0 / n0)) < 1e-8
        if k and k0:
            spread = np.exp(1.96 * np.sqrt(1 / k - 1 / n + 1 / k0 - 1 / n0))
            assert abs(float(row.parity_high) / float(row.parity) - spread) < 1e-6
