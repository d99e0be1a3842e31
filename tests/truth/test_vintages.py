"""Vintages, revisions and nowcasts, held against figures recomputed as of past days and a chain ladder in loops."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.truth import daily
from tests.truth.conftest import View
from tests.truth.recompute import TOTAL, insured_jobs, province, registrations, submissions, table

pytestmark = pytest.mark.xdist_group("truth")

LAST_AGE, MONTHS, LEAST_MONTHS, LEAST_BACKTESTS = 12, 36, 12, 24


def logs(view: View) -> pd.DataFrame:
    """What was counted, by the day it happened and the day it came: indicator, day, received, region_code, n."""
    vacancies = submissions(view.truth, view.as_of).rename(columns={"submitted_date": "day", "openings": "n"})
    seekers = registrations(view.truth, view.as_of).rename(columns={"reg_date": "day"}).assign(n=1)
    first = table(view.truth, "registrations", view.as_of).groupby("seeker_reg_no")["received_date"].min()
    claims = daily.events(view.truth, view.as_of).query("indicator == 'ui_claims_new'")
    return pd.concat([
        daily.moves(view.truth, view.as_of),
        vacancies.assign(indicator="openings_new", received=vacancies["received_date"]),
        seekers.assign(indicator="registrations_new", received=seekers["seeker_reg_no"].map(first)),
        claims.assign(received=claims["day"] + pd.Timedelta(days=1)),
    ])[["indicator", "day", "received", "region_code", "n"]]  # fmt: skip


def test_vintages_are_what_was_known_on_their_day(view: View) -> None:
    """Every cell, all regions: a report counts from the first 16th on or after its day."""
    counted = view.vintages[view.vintages["indicator"] != "insured_stock"].set_index(
        ["indicator", "region_code", "ref_period", "revision_no"]
    )
    assert {day.day for day in view.vintages["vintage_date"].unique()} == {16}
    came = pd.concat([logs(view), logs(view).assign(region_code=TOTAL)])
    month = came["day"].dt.to_period("M")
    told_in = (came["received"] + pd.offsets.MonthBegin(0)).where(came["received"].dt.day > 16, came["received"])
    age = 12 * (told_in.dt.year - came["day"].dt.year) + told_in.dt.month - came["day"].dt.month - 1
    sums = came.groupby([came["indicator"], came["region_code"], month.dt.start_time, age.clip(lower=0)])["n"].sum()
    wide = sums.unstack(fill_value=0).reindex(columns=range(LAST_AGE), fill_value=0).cumsum(axis=1).stack()
    expected = wide.reindex(counted.index).fillna(0)
    wrong = counted["value"].astype(float) != expected
    assert counted[wrong].head(10).to_dict("records") == []
    assert counted.groupby(level=[0, 1]).size().groupby(level=0).nunique().eq(1).all()


def test_a_vintage_is_the_replay_of_all_reports_until_its_day(view: View) -> None:
    day = pd.Timestamp(view.as_of.year - 1, 5, 16)
    jobs = insured_jobs(view.truth, day.date())
    there = view.vintages[(view.vintages["vintage_date"] == day) & (view.vintages["region_code"] == TOTAL)]
    for indicator, column in (("acquisitions", "begin"), ("losses", "end")):
        months = jobs[column].dropna().dt.to_period("M").value_counts()
        shown = there[there["indicator"] == indicator]
        assert len(shown) == LAST_AGE
        assert [float(value) for value in shown["value"]] == [
            months.get(m.to_period("M"), 0) for m in shown["ref_period"]
        ]


def test_a_vintage_of_the_stock_counts_the_persons_known_on_its_day(view: View) -> None:
    """Whoever had an open job at the end of a month by the reports until the day, in the total and in each province."""
    stocks = view.vintages[view.vintages["indicator"] == "insured_stock"]
    for day in (pd.Timestamp(view.as_of.year - 1, 5, 16), stocks["vintage_date"].max()):
        jobs = insured_jobs(view.truth, day.date())
        jobs = jobs[jobs["end"].isna() | (jobs["end"] > jobs["begin"])]
        jobs["region_code"] = [province(code, view.as_of) for code in jobs["region_code"]]
        shown = stocks[stocks["vintage_date"] == day].set_index(["ref_period", "region_code"])["value"].astype(float)
        for month in shown.index.levels[0].intersection(shown.index.get_level_values(0)):
            last_day = month + pd.offsets.MonthEnd(0)
            held = jobs[(jobs["begin"] <= last_day) & ~(jobs["end"] <= last_day)]
            assert shown[month, TOTAL] == held["person_id"].nunique(), (day, month)
            by_region = held.drop_duplicates(["person_id", "region_code"])["region_code"].value_counts()
            assert {r: n for r, n in shown[month].items() if n and r != TOTAL} == by_region.to_dict(), (day, month)


def test_the_stock_as_published_differs_from_what_it_is_now(view: View) -> None:
    stocks = view.vintages[view.vintages["indicator"] == "insured_stock"]
    now = view.trends[(view.trends["indicator"] == "insured_stock") & (view.trends["breakdown_type"] == "total")]
    first = stocks[(stocks["revision_no"] == 0) & (stocks["region_code"] == TOTAL)].set_index("ref_period")["value"]
    known = now.set_index("ref_period")["numerator"].reindex(first.index)
    assert len(first) > 40 and (first.astype(float) != known.astype(float)).mean() > 0.5


def test_revisions(view: View) -> None:
    values = view.vintages.set_index(["indicator", "region_code", "ref_period", "revision_no"])["value"]
    values = values.astype(float).sort_index()
    assert set(view.revisions["months_after"]) == {1, 3, 6, 11}
    late = view.revisions[view.revisions["indicator"].isin(["acquisitions", "losses"])]
    assert (late.loc[late["region_code"] == TOTAL, "relative_mean_absolute_revision"].astype(float) > 0.01).all()
    for row in view.revisions.itertuples():
        pairs = values[row.indicator, row.region_code].unstack("revision_no")[[0, row.months_after]].dropna().tail(36)
        change = pairs[row.months_after] - pairs[0]
        assert row.months == len(pairs) and row.first_period == pairs.index[0] and row.last_period == pairs.index[-1]
        assert float(row.mean_revision) == pytest.approx(change.mean(), abs=1e-9)
        assert float(row.mean_absolute_revision) == pytest.approx(change.abs().mean(), abs=1e-9)
        if pairs[row.months_after].abs().sum() == 0:
            assert pd.isna(row.relative_mean_absolute_revision) and row.null_reason == "zero_denominator"
        else:
            relative = change.abs().sum() / pairs[row.months_after].abs().sum()
            assert float(row.relative_mean_absolute_revision) == pytest.approx(relative, abs=1e-9)


def triangle(log: pd.DataFrame, indicator: str, region: str, as_of: date, first: pd.Period) -> np.ndarray:
    """Rows: months from the last complete one backwards; columns: age 1..12; NaN where the future is."""
    present = pd.Period(as_of, "M")
    months = (present - first).n
    there = log[(log["indicator"] == indicator) & ((log["region_code"] == region) | (region == TOTAL))]
    found = np.full((months, LAST_AGE), np.nan)
    day_of = {back: pd.Timestamp(as_of) - pd.DateOffset(months=back) for back in range(months)}
    for back in range(1, months + 1):
        mine = there[there["day"].dt.to_period("M") == present - back]
        for age in range(1, min(back, LAST_AGE) + 1):
            found[back - 1, age - 1] = mine.loc[mine["received"] <= day_of[back - age], "n"].sum()
    return found


def ladder(known: np.ndarray, origin: int, age: int) -> float:
    """Chain-ladder estimate of the month so old at the origin; NaN where a factor rests on less than a year."""
    return float(known[origin + age - 1, age - 1]) * development(known, origin, age)


def development(known: np.ndarray, origin: int, age: int) -> float:
    """How many times the reports of that age the final figure is; NaN where a factor rests on less than a year."""
    value = 1.0
    for step in range(age, LAST_AGE):
        first = origin + step  # index of the youngest month that had passed the step
        rows = known[first : first + MONTHS]
        if len(rows) < LEAST_MONTHS or rows[:, step - 1].sum() == 0:
            return float("nan")
        value *= rows[:, step].sum() / rows[:, step - 1].sum()
    return value


@pytest.mark.parametrize("indicator", ["acquisitions", "losses"])
def test_nowcasts(view: View, indicator: str) -> None:
    log = daily.moves(view.truth, view.as_of)
    first = view.vintages.loc[view.vintages["indicator"] == indicator, "ref_period"].min().to_period("M")
    shown = view.nowcasts[view.nowcasts["indicator"] == indicator]
    inside = total = 0
    regions = set(shown["region_code"])
    assert regions >= {TOTAL, *log.loc[log["indicator"] == indicator, "region_code"]}
    for region in sorted(regions):
        known = triangle(log, indicator, region, view.as_of, first)
        final = known[:, LAST_AGE - 1]
        rows = shown[shown["region_code"] == region].set_index("age_months")
        assert sorted(rows.index) == list(range(1, LAST_AGE))
        for age in range(1, LAST_AGE):
            row = rows.loc[age]
            assert float(row["value_reported"]) == known[age - 1, age - 1]
            tested = [
                (estimate, final[o + age + 11], known[o + age - 1, age - 1], final[o + age - 1])
                for o in range(1, len(known) - age - 11)
                if not np.isnan(estimate := ladder(known, o, age)) and not np.isnan(final[o + age - 1])
            ]
            estimates, naive, published, outcome = np.array(tested).reshape(-1, 4).T
            errors = [np.abs(guess - outcome).sum() for guess in (estimates, naive, published)]
            assert row["backtests"] == len(tested)
            now = ladder(known, 0, age)
            good = len(tested) >= LEAST_BACKTESTS and errors[0] < errors[1] and errors[0] <= errors[2] + 1e-3
            if region == TOTAL and age <= 3:
                assert good, "the nowcast beats the seasonal naive and the first publication on national totals"
            if pd.isna(row["value"]):
                assert not good or errors[0] > errors[2] - 1e-2
                continue
            assert good and not np.isnan(now)
            assert float(row["value"]) == pytest.approx(now, rel=1e-6, abs=1e-3)
            assert float(row["completeness"]) == pytest.approx(1 / development(known, 0, age), rel=1e-6)
            assert float(row["absolute_error_nowcast"]) == pytest.approx(errors[0], rel=1e-4, abs=0.01)
            assert float(row["absolute_error_seasonal_naive"]) == pytest.approx(errors[1])
            assert float(row["absolute_error_first_publication"]) == pytest.approx(errors[2])
            some = estimates > 0
            low, high = np.quantile(outcome[some] / estimates[some] - 1, [0.1, 0.9])
            assert float(row["interval_low"]) == pytest.approx(now * (1 + low), rel=1e-4, abs=0.01)
            assert float(row["interval_high"]) == pytest.approx(now * (1 + high), rel=1e-4, abs=0.01)
            if region == TOTAL and age == 1:
                inside += ((outcome >= estimates * (1 + low)) & (outcome <= estimates * (1 + high))).sum()
                total += len(outcome)
    assert total >= LEAST_BACKTESTS and inside / total >= 0.7
