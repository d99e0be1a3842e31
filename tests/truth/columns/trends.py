"""Of the employment trends."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.truth import daily
from tests.truth.columns.base import DAY, Expected, first_day, of, over, reasons, told
from tests.truth.conftest import View

NOTES = {
    "insurance": "Employment insurance without daily workers; self-employed, civil servants and private-school staff"
    " are not covered",
    "benefits": "Unemployment benefit of employment insurance; unemployed without a claim are not counted",
    "pes_and_insurance": "Public employment service and employment insurance without daily workers; who is in both"
    " counts twice",
    "pes": "Public employment service only; vacancies and seekers elsewhere are not counted",
}
#: provinces and sections whose figures before and after a month are not of the same places
BREAKS = {
    ("region_code", "51", "2023-06"): "PROVINCE_RENUMBERED", ("region_code", "52", "2024-01"): "PROVINCE_RENUMBERED",
    ("region_code", "12", "2026-07"): "PROVINCES_MERGED", ("region_code", "27", "2023-07"): "BOUNDARY_CHANGED",
    ("region_code", "47", "2023-07"): "BOUNDARY_CHANGED", ("industry_code", "K", "2024-07"): "INDUSTRIES_RECODED",
    ("industry_code", "O", "2024-07"): "INDUSTRIES_RECODED",
}  # fmt: skip
#: a province with fewer a month on average is not adjusted
LEAST_OF_PROVINCE = 25
MERGED_ON = pd.Timestamp("2026-07-01")
#: known of the days before, as it is told a day late
LATE = {"openings_new", "registrations_new", "ui_claims_new"}
REPORTED = {"acquisitions_reported", "losses_reported"}


def month_no(days: pd.Series) -> pd.Series:
    return 12 * days.dt.year + days.dt.month


def measured(rows: pd.DataFrame) -> Expected:
    """Unit of a trend, and what its registers leave out."""
    register = told(rows["indicator"], "trend_indicators", "indicator", "register")
    same = {
        "unit": told(rows["indicator"], "trend_indicators", "indicator", "unit"), "adj": "NSA",
        "coverage_note": register.map(NOTES),
    }  # fmt: skip
    return {column: value for column, value in same.items() if column in rows}


def provisional(view: View, days: pd.Series) -> np.ndarray:
    """P while reports of the month may still come (they arrive on the 16th of the next), F afterwards."""
    due = (days.dt.to_period("M") + 1).dt.start_time + 15 * DAY
    return np.where(pd.Timestamp(view.as_of) < due, "P", "F")


@of("mart_employment_trends_monthly")
def _trends(view: View, rows: pd.DataFrame) -> Expected:
    broken = pd.Series(None, index=rows.index, dtype=object)
    for (column, code, month), reason in BREAKS.items():
        broken[(rows[column] == code) & (rows["time_period"] == month)] = reason
    return measured(rows) | {"break_reason": broken, "status": provisional(view, rows["ref_period"])}


@of("mart_employment_trends_daily")
def _daily(view: View, rows: pd.DataFrame) -> Expected:
    today, days = pd.Timestamp(view.as_of), rows["ref_date"]
    spine = pd.date_range(days.min() - 800 * DAY, today, name="day")
    counted = daily.counts(view.truth, view.as_of).pivot(
        index="ref_date", columns=["indicator", "region_code"], values="value"
    )
    counted = counted.reindex(spine).fillna(0).astype(float)
    shown = spine[spine >= days.min()]
    compared = pd.Series(daily.same_places(view.as_of)).reindex(shown)
    cell = pd.MultiIndex.from_arrays([days, rows["indicator"], rows["region_code"]])
    shares = daily.shares_in(view.truth, view.as_of)
    known = spine[spine >= days.min() - 6 * DAY]
    in_by_now = pd.DataFrame({
        name: [shares[name, min((day.day - 1) // 10, 2), min((today - day).days, daily.SPAN)]
               if name in {"acquisitions", "losses"} else float(name in REPORTED or day < today) for day in known]
        for name in rows["indicator"].unique()
    }, index=known)  # fmt: skip

    def told_on(wide: pd.DataFrame) -> np.ndarray:
        wide = wide.set_axis(shown).reindex(columns=cell.droplevel(0).unique(), fill_value=0.0)
        return wide.stack(["indicator", "region_code"]).reindex(cell).to_numpy(float)

    completeness = in_by_now.stack().reindex(cell.droplevel(2)).to_numpy()
    year_before = told_on(counted.reindex(compared.fillna(spine[0])))
    return measured(rows) | {
        "mean_7d": told_on(counted.rolling(7).mean().loc[shown]),
        "value_weekday_year_before": told_on(counted.shift(364).loc[shown]),
        "calendar_year_before_date": days.map(compared),
        "value_calendar_year_before": np.where(days.map(compared).notna(), year_before, np.nan),
        "is_working_day": days.map({day: daily.is_working(day) for day in shown}), "completeness": completeness,
        "completeness_7d": in_by_now.rolling(7).mean().stack().reindex(cell.droplevel(2)).to_numpy(),
        "is_headline": completeness >= 0.9,
        "break_reason": np.where((rows["region_code"] == "12") & (days == MERGED_ON), "PROVINCES_MERGED", None),
        "status": np.where(rows["indicator"].isin(REPORTED) | (completeness >= 1), "F", "P"),
        "null_reason": reasons(rows, {"value_calendar_year_before": "no_such_day_a_year_before"}),
    }  # fmt: skip


@of("mart_employment_trends_adjusted")
def _adjusted(view: View, rows: pd.DataFrame) -> Expected:
    keys = [rows["indicator"], rows["region_code"], rows["sex"]]
    is_known, is_due = rows["value_sa"].notna(), provisional(view, rows["ref_period"]) == "F"
    few = rows["value_nsa"].astype(float).where(is_due).groupby(keys).transform("mean") < LEAST_OF_PROVINCE
    why = [is_known, ~is_due, (rows["region_code"] != "_T") & few]
    is_direct = told(rows["indicator"], "trend_indicators", "indicator", "is_adjusted") == "true"
    positive = (rows["value_nsa"] > 0).where(is_known, other=True).groupby(keys)
    kinds = [None, "INDIRECT", "MULTIPLICATIVE"]
    return measured(rows) | {
        "decomposition": np.select([~is_known, ~is_direct, positive.transform("all")], kinds, "ADDITIVE"),
        "status": np.where(is_due, "F", "P"),
        "null_reason": np.select(why, [None, "provisional_month", "too_few_a_month"], "fewer_than_36_months"),
    }  # fmt: skip


@of("mart_employment_beveridge")
def _beveridge(view: View, rows: pd.DataFrame) -> Expected:
    total = view.trends[view.trends["breakdown_type"] == "total"]
    sides = {side: total[total["indicator"] == f"beveridge_{side}_register"].set_index("ref_period") for side in "uv"}
    u, v = (sides[side].reindex(rows["ref_period"]) for side in "uv")
    logs = pd.DataFrame({side: np.log(rows[side].astype(float).where(rows[side] > 0)) for side in "uv"})
    logs = logs.where((rows["u"] > 0) & (rows["v"] > 0)).assign(day=rows["ref_period"]).sort_values("day")
    window = logs.drop(columns="day").rolling(60, min_periods=1)
    n, moments = window["v"].count(), window.cov(ddof=0)
    slope = moments.xs("v", level=1)["u"] / moments.xs("u", level=1)["u"]
    intercept = window["v"].mean() - slope * window["u"].mean()
    nothing, few = logs["v"].isna(), n < 24
    return {
        "registrations_open": u["numerator"], "openings_open": v["numerator"],
        "registered_and_insured": u["denominator"], "coverage_note": NOTES["pes_and_insurance"],
        "status": provisional(view, rows["ref_period"]),
        "slope": slope.mask(nothing | few).reindex(rows.index).round(8),
        "intercept": intercept.mask(nothing | few).reindex(rows.index).round(8),
        "null_reason": pd.Series(np.select([nothing, few], ["no_openings_or_seekers", "fewer_than_24_months"], None),
                                 index=logs.index).reindex(rows.index),
    }  # fmt: skip


@of("mart_employment_alerts")
def _alerts(view: View, rows: pd.DataFrame) -> Expected:
    return measured(rows) | {"null_reason": np.where(rows["history_figures"] == 0, "zero_denominator", None)}


@of("mart_employment_vintages")
def _vintages(view: View, rows: pd.DataFrame) -> Expected:
    return measured(rows) | {"revision_no": month_no(rows["vintage_date"]) - month_no(rows["ref_period"]) - 1}


@of("mart_employment_revisions")
def _revisions(view: View, rows: pd.DataFrame) -> Expected:
    months = rows["months"]
    return {
        "revision_sum": rows["mean_revision"] * months,
        "absolute_revision_sum": rows["mean_absolute_revision"] * months,
        "relative_mean_absolute_revision": over(rows["absolute_revision_sum"], rows["later_sum"]),
        "null_reason": np.where(rows["later_sum"] == 0, "zero_denominator", None),
    }  # fmt: skip


@of("mart_employment_nowcasts")
def _nowcasts(view: View, rows: pd.DataFrame) -> Expected:
    return {
        "age_months": 12 * view.as_of.year + view.as_of.month - month_no(rows["ref_period"]),
        "interval_level": 0.8, "method": "CHAIN_LADDER",
        "status": "E",
    }  # fmt: skip


@of("mart_career_breaks")
def _breaks(view: View, rows: pd.DataFrame) -> Expected:
    today = pd.Timestamp(view.as_of)
    ends = pd.to_datetime(rows["ref_year"].astype(str) + "-12-31")
    return {
        "stock_date": ends.where(ends < today, today), "coverage_note": NOTES["insurance"],
        "status": np.where(ends + 180 * DAY <= today, "F", "P"),
        "null_reason": reasons(rows, {
            "insured_share_of_ever_insured": "nobody_ever_insured", "break_share_of_exits": "no_exit_long_enough_ago",
            "return_rate_12m": "no_break_long_enough_ago", "return_rate_36m": "no_break_long_enough_ago",
            "break_days_median": "no_return",
        }),
    }  # fmt: skip


@of("mart_employment_key_figures")
def _key_figures(view: View, rows: pd.DataFrame) -> Expected:
    begins = pd.to_datetime(rows["time_period"].map(first_day, na_action="ignore"))
    return measured(rows) | {
        "year_before_period": np.where(
            rows["frequency"] == "D", begins.map(daily.same_places(view.as_of)), begins - pd.DateOffset(years=1)),
        "null_reason": reasons(rows, {
            "value": "not_complete_enough", "value_year_before": "no_such_period_a_year_before",
            "newest_completeness": "not_measured",
        }),
    }  # fmt: skip
