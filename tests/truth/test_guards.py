"""Guards, fairness and scores of performance equal what the truth says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.truth import guards
from tests.truth.conftest import View
from tests.truth.performance import KEYS
from tests.truth.recompute import registrations, table
from tests.truth.test_performance import served
from tests.truth.test_truth import differences

pytestmark = pytest.mark.xdist_group("truth")


def test_idle_cases_and_outlying_wages(view: View) -> None:
    clients = served(view)
    for indicator, expected in [
        ("idle_case_share", guards.idle_cases(view.truth, clients, view.as_of)),
        ("wage_outlier_share", guards.outlying_wages(clients)),
    ]:
        published = view.performance[view.performance["indicator"] == indicator]
        assert differences(published, expected, KEYS, guards.VALUES) == []
        total = published.query("breakdown_type == 'total'")
        assert total["numerator"].sum() > 0 and (total["numerator"] < total["denominator"]).all()


def test_outflow_to_work(view: View) -> None:
    """A mean of three stocks is kept with four decimals by office."""
    expected = guards.outflow(view.truth, view.as_of).set_index(KEYS)
    published = view.performance[view.performance["indicator"] == "outflow_to_work_rate"].set_index(KEYS)
    both = expected.reindex(published.index).fillna(0)
    assert set(expected.index) <= set(published.index)
    assert (published["numerator"].astype(float) == both["numerator"]).all() and both["numerator"].sum() > 0
    assert np.allclose(published["denominator"].astype(float), both["denominator"], atol=1e-3)
    rate = 100 * both["numerator"] / both["denominator"].where(both["denominator"] > 0)
    assert np.allclose(published["value"].astype(float), rate, rtol=1e-3, equal_nan=True)


def test_young_seekers_without_work_and_training(view: View) -> None:
    told = view.performance[view.performance["indicator"] == "neet_share"]
    assert differences(told, guards.neets(view.truth, view.as_of), KEYS, guards.VALUES) == []
    assert 0 < told["numerator"].sum() < told["denominator"].sum()


@pytest.mark.parametrize(("months", "days"), [("6m", 183), ("12m", 365)])
def test_transitions_to_work_by_time_on_the_register(view: View, months: str, days: int) -> None:
    name = f"work_transitions_within_{months}"
    told = view.performance[view.performance["indicator"] == name]
    expected = guards.quick_transitions(view.truth, view.as_of, days, name)
    assert differences(told, expected, KEYS, guards.VALUES) == []
    assert 0 < told["numerator"].sum() <= told["denominator"].sum()


def test_creaming_compares_the_served_with_all_who_register(view: View) -> None:
    """Clients like the registrants would change what is expected by coefficients x difference of shares."""
    factors = ["low_education", "disability", "ui_beneficiary"]
    clients = served(view)
    known = registrations(view.truth, view.as_of).drop_duplicates("seeker_reg_no")
    facts = table(view.truth, "clients").drop_duplicates("seeker_reg_no").set_index("seeker_reg_no")
    x = pd.DataFrame({
        "low_education": known["seeker_reg_no"].map(facts["education_code"]).isin(["01", "02", "03"]),
        "disability": known["seeker_reg_no"].map(facts["has_disability"]).eq(True),
        "ui_beneficiary": known["seeker_reg_no"].map(facts["is_ui_beneficiary"]).eq(True),
    }).astype(float)  # fmt: skip
    counted = clients[~clients["excluded"] & clients["placed_6m"].notna()]
    starts = pd.to_datetime(counted["start_date"])
    published = view.performance[view.performance["indicator"] == "creaming_ratio"]
    total = published[published["breakdown_type"] == "total"]
    assert (total["frequency"] == "A").sum() >= 2 and len(published) > 20
    eligible = {}
    for frequency, name in total[["frequency", "time_period"]].itertuples(index=False):
        year = int(name[:4])
        past, here = counted[starts.dt.year.isin([year - 1, year - 2])], counted[period(starts, frequency) == name]
        design = np.column_stack([np.ones(len(past)), past[factors].to_numpy(float)])
        fit = np.linalg.lstsq(design, past["placed_6m"].astype(float).to_numpy(), rcond=None)[0][1:]
        all_seekers = x[period(known["reg_date"], frequency) == name].mean()
        rate = here["placed_6m"].astype(float).mean()
        eligible[name] = rate + float(fit @ (all_seekers - here[factors].mean()).to_numpy(float))
    keys = [key for key in KEYS if key != "indicator"]
    served_cells = view.performance[view.performance["indicator"] == "placement_rate_6m"].set_index(keys)
    served_cells = served_cells[served_cells["expected_rate"].notna()][["expected_rate", "denominator"]].astype(float)
    periods = served_cells.index.get_level_values("time_period")
    cells = served_cells[periods.isin(list(eligible))].assign(rate=lambda f: f.index.get_level_values(1).map(eligible))
    shown = published.set_index(keys)[["value", "numerator", "denominator"]].astype(float)
    assert len(shown) == len(cells) and set(shown.index) == set(cells.index)
    shown = shown.loc[cells.index]
    assert np.allclose(shown["value"], cells["expected_rate"] / cells["rate"], atol=1e-6)
    assert np.allclose(shown["numerator"], cells["expected_rate"] * cells["denominator"], atol=1e-3)
    assert np.allclose(shown["denominator"], cells["rate"] * cells["denominator"], atol=1e-3)


def period(days: pd.Series, frequency: str) -> pd.Series:
    year = days.dt.year.astype(str)
    return year if frequency == "A" else year + "-Q" + days.dt.quarter.astype(str)


def test_proportionality_needs_a_reference(view: View) -> None:
    shares = guards.eligible_share(view.truth, view.as_of)
    clients = served(view)
    started = clients.groupby([pd.to_datetime(clients["start_date"]).dt.year.astype(str), "client_group"]).size()
    published = view.performance.query("indicator == 'proportionality'")
    known = published[published["value"].notna()]
    assert len(known) >= 6 and set(known["time_period"]) == {year for year, _ in shares}
    for row in known.itertuples():
        share = started[row.time_period, row.client_group] / started[row.time_period].sum()
        assert abs(float(row.value) - share / shares[row.time_period, row.client_group]) < 1e-6
        assert row.numerator == started[row.time_period, row.client_group]
    assert (published.loc[published["value"].isna(), "null_reason"] == "reference_absent").all()
    assert str(view.as_of.year) in set(published.loc[published["value"].isna(), "time_period"])


def test_scores_against_negotiated_levels(view: View) -> None:
    agreed = guards.levels(view.truth, view.as_of)
    cell = ["organisation_code", "programme_code", "indicator", "time_period"]
    measured = view.performance.query("breakdown_type == 'organisation_programme' and frequency == 'PY'")
    measured = measured[(measured["denominator"] > 0) & measured["indicator"].isin(guards.LEVELS.values())]
    single = view.scores.query("score_type == 'INDIVIDUAL'")
    own = single[single["organisation_code"] != "_T"].merge(agreed, on=cell, how="left")
    assert len(own) == len(measured) and set(own["indicator"]) == set(guards.LEVELS.values())
    assert (own["level"].isna() == own["target"].isna()).all() and own["score"].notna().sum() > 30
    known = own[own["score"].notna()]
    factor = known["adjustment_factor"].astype(float).where(known["indicator"] != "median_earnings_q2", 0)
    expected = known["value"].astype(float) / (known["level"] + factor) * 100
    assert np.allclose(known["score"].astype(float), expected, rtol=0, atol=1e-4)
    assert set(own.loc[own["score"].isna(), "null_reason"]) <= {"target_absent", "factor_absent"}
    assert (known["is_met"] == (known["score"] >= 50)).all()
    # the nation's level is the mean of those negotiated, weighted with clients, where all have one
    nation = single[(single["organisation_code"] == "_T") & single["target"].notna()]
    own["weighted"] = own["level"] * own["clients"]
    sums = own.groupby(["programme_code", "indicator", "time_period"])[["weighted", "clients"]].sum()
    for row in nation.itertuples():
        both = sums.loc[(row.programme_code, row.indicator, row.time_period)]
        assert abs(float(row.target) - both["weighted"] / both["clients"]) < 1e-6 * max(1, float(row.target))
    for kind, keys in (("OVERALL_PROGRAMME", "programme_code"), ("OVERALL_INDICATOR", "indicator")):
        overall = view.scores[view.scores["score_type"] == kind].set_index(["organisation_code", "time_period", keys])
        means = single.assign(score=single["score"].astype(float)).groupby(list(overall.index.names))["score"].mean()
        assert set(overall.index) == set(means.index) and len(overall) > 10
        both = overall.join(means, rsuffix="_mean")
        assert ((both["score"].astype(float) - both["score_mean"]).abs().fillna(0) < 1e-6).all()
        assert (both["score"].isna() == both["score_mean"].isna()).all()
        assert (both["is_met"].dropna() == (both["score"].dropna() >= 90)).all()
