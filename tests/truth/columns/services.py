"""Of coaching and of the performance of services."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.truth import performance
from tests.truth.columns.base import DAY, Expected, bounds, of, over, told
from tests.truth.conftest import View


def windowed(rows: pd.DataFrame) -> Expected:
    """Why a share of a cohort is absent."""
    return {
        "null_reason": np.select(
            [rows["value"].notna(), rows["pending"] > 0], [None, "window_open"], "zero_denominator"
        )
    }


@of("mart_coaching_funnel")
def _coaching(view: View, rows: pd.DataFrame) -> Expected:
    seeds = {name: told(rows["indicator"], "coaching_indicators", "indicator", name)
             for name in ("unit", "numerator", "denominator")}  # fmt: skip
    is_share = seeds["unit"] == "percent"
    return windowed(rows) | {
        "unit": seeds["unit"], "numerator_name": seeds["numerator"], "denominator_name": seeds["denominator"],
        "value": (rows["numerator"] * np.where(is_share, 100, 1)).where(
            seeds["denominator"].isna(), over(rows["numerator"] * np.where(is_share, 100, 1), rows["denominator"])),
        "interval_low": 100 * bounds(rows["numerator"], rows["denominator"], -1).where(is_share),
        "interval_high": 100 * bounds(rows["numerator"], rows["denominator"], 1).where(is_share),
        "is_small_n": rows["denominator"].fillna(10) < 10, "status": np.where(rows["pending"] == 0, "F", "P"),
    }  # fmt: skip


@of("mart_performance_parity")
def _parity(view: View, rows: pd.DataFrame) -> Expected:
    """Newcombe (1998), method 10, from the intervals of both rates."""
    k, n, k0, n0 = (rows[name].astype(float) for name in (
        "numerator", "denominator", "reference_numerator", "reference_denominator"))  # fmt: skip
    small = np.minimum(n, n0.fillna(0)) < 10
    rate, rate0 = over(k, n), over(k0, n0)
    low, high, low0, high0 = (bounds(a, b, side) for a, b in ((k, n), (k0, n0)) for side in (-1, 1))  # fmt: skip
    parity = over(rate, rate0).mask(small)
    spread = np.exp(1.96 * np.sqrt(1 / k.where(k > 0) - 1 / n + 1 / k0.where(k0 > 0) - 1 / n0)).mask(small)
    difference = (rate - rate0).mask(small)
    bottom, top = parity / spread, parity * spread
    general = rows[["frequency", "time_period", "indicator", "breakdown_type", "programme_code"]]
    rates = view.performance[view.performance["client_group"] == "GENERAL"]
    rates = rates[rates["breakdown_type"].isin(general["breakdown_type"].unique())].set_index(list(general))
    reference = rates[["numerator", "denominator"]].reindex(pd.MultiIndex.from_frame(general))
    days = window_ends(rows)
    return {
        "reference_numerator": reference["numerator"], "reference_denominator": reference["denominator"],
        "parity": parity, "parity_low": bottom, "parity_high": top, "difference": difference,
        "difference_low": difference - np.hypot(rate - low, high0 - rate0),
        "difference_high": difference + np.hypot(high - rate, rate0 - low0), "is_small_n": small,
        "parity_position": np.select([bottom.isna(), top < 0.8, bottom > 1.25], [None, "below", "above"], "within"),
        "status": np.where(days <= performance.observed_until(view.as_of), "F", "P"),
        "null_reason": np.select([parity.notna(), small], [None, "small_cell"], "zero_denominator"),
    }  # fmt: skip


def window_ends(rows: pd.DataFrame) -> pd.Series:
    """Last day on which the outcome of a cohort may change."""
    shift = told(rows["indicator"], "performance_indicators", "indicator", "shift_months").astype(int)
    length = told(rows["indicator"], "performance_indicators", "indicator", "window_days").astype(int)
    since_january = rows["ref_period"].dt.month - 1
    months = (since_january + 3).where(rows["frequency"] == "Q", 12 - shift)
    january = rows["ref_period"].dt.year.astype(str).to_numpy("datetime64[Y]").astype("datetime64[M]")
    after = (january + months.to_numpy("timedelta64[M]")).astype("datetime64[s]")
    return pd.Series(after, index=rows.index) - DAY + pd.to_timedelta(length, unit="D")


@of("mart_performance")
def _performance(view: View, rows: pd.DataFrame) -> Expected:
    indicators = {
        name: told(rows["indicator"], "performance_indicators", "indicator", name) for name in ("kind", "unit")
    }
    is_rate = indicators["kind"] == "rate"
    # of which the sides are kept with fewer digits than the value: tests of their own
    apart = {"creaming_ratio", "proportionality", "outflow_to_work_rate"}
    is_quotient = indicators["kind"].isin(["rate", "ratio"]) & ~rows["indicator"].isin(apart)
    scale = told(rows["indicator"], "performance_indicators", "indicator", "scale").astype(float)
    quotient = scale * over(rows["numerator"], rows["denominator"])
    value = quotient.where(is_quotient, rows["value"]).mask(indicators["kind"] == "count", rows["numerator"])
    k, n = rows["numerator"].where(is_rate), rows["denominator"].where(is_rate)
    known = rows["expected_rate"].notna()
    expected = rows["expected_rate"].astype(float)
    spread = np.sqrt(
        rows["overdispersion"].astype(float)
        * expected
        * (1 - expected)
        / rows["denominator"].astype(float).where(rows["denominator"] != 0)
    )
    limits = {f"limit_{name}_{side}": (expected + sign * z * spread).clip(0, 1)
              for name, z in (("95", 1.96), ("998", 3.09)) for side, sign in (("low", -1), ("high", 1))}  # fmt: skip
    value = value.astype(float)
    position = [value < limits["limit_998_low"], value < limits["limit_95_low"], value > limits["limit_998_high"],
                value > limits["limit_95_high"], value.notna() & limits["limit_95_low"].notna()]  # fmt: skip
    ranked = rows[
        (rows["breakdown_type"] == "organisation") & rows["shrunk_rate"].notna() & (rows["denominator"] >= 10)
    ]
    rank = ranked.groupby(["indicator", "time_period"])["shrunk_rate"].rank(ascending=False, method="min")
    target = rows["target"].astype(float)
    is_median = indicators["kind"] == "median"
    absent = [value.notna(), indicators["kind"] == "reference", rows["denominator"].isna(),
              (rows["denominator"] == 0) & (rows["pending"] > 0), indicators["kind"] == "survival",
              rows["denominator"] == 0]  # fmt: skip
    why = [None, "reference_absent", "target_absent", "window_open", "not_observed_long_enough", "zero_denominator"]
    return limits | {
        "unit": indicators["unit"], "value": value, "interval_low": bounds(k, n, -1), "interval_high": bounds(k, n, 1),
        "shrunk_rate": ((rows["numerator"] + 40 * expected) / (rows["denominator"] + 40)).where(known),
        "funnel_position": np.select(position, ["below_998", "below_95", "above_998", "above_95", "within"], None),
        "is_small_n": rows["denominator"].fillna(10) < 10, "rank_no": rank.reindex(rows.index),
        "target_adjusted": target.where(is_median, target + rows["adjustment_factor"].astype(float)),
        "score": 100 * over(rows["value"], rows["target_adjusted"]),
        "status": np.where(window_ends(rows) <= performance.observed_until(view.as_of), "F", "P"),
        "null_reason": np.select(absent, why, None),
    }  # fmt: skip


@of("mart_performance_scores")
def _scores(view: View, rows: pd.DataFrame) -> Expected:
    """Scores of single cells rest on the values of the performance mart."""
    is_single = rows["score_type"] == "INDIVIDUAL"
    cell = ["time_period", "organisation_type", "organisation_code", "programme_code", "indicator"]
    there = view.performance[
        (view.performance["frequency"] == "PY")
        & view.performance["breakdown_type"].isin(["programme", "organisation_programme"])
    ]
    there = there.set_index(cell).reindex(pd.MultiIndex.from_frame(rows[cell]))
    for name in ("value", "denominator", "target", "adjustment_factor", "target_adjusted", "score", "status"):
        there[name] = there[name].where(is_single.to_numpy())
    single = rows[is_single].assign(final=rows["status"] == "F")
    parts = []
    for kind, lost in (("OVERALL_PROGRAMME", "indicator"), ("OVERALL_INDICATOR", "programme_code")):
        sums = single.assign(score_type=kind, **{lost: "_T"}).groupby(["score_type", *cell])
        parts.append(sums.agg(scores=("score", "count"), score=("score", "mean"), final=("final", "all")))
    overall = pd.concat(parts).reindex(pd.MultiIndex.from_frame(rows[["score_type", *cell]])).set_index(rows.index)
    there = there.set_index(rows.index)
    score = there["score"].where(is_single, overall["score"])
    least = np.where(is_single, 50, 90)
    return {
        "value": there["value"], "clients": there["denominator"], "target": there["target"],
        "adjustment_factor": there["adjustment_factor"], "target_adjusted": there["target_adjusted"], "score": score,
        "scores": np.where(is_single, 1, overall["scores"]), "threshold": least,
        "is_met": (score >= least).astype(object).where(score.notna(), None),
        "is_small_n": there["denominator"].fillna(10) < 10,
        "status": there["status"].where(is_single, overall["final"].map({True: "F", False: "P"})),
        "null_reason": np.select(
            [score.notna(), ~is_single, rows["target"].isna()], [None, "no_score", "target_absent"], "factor_absent"),
    }  # fmt: skip
