"""Guards of the performance marts recomputed from a nation's truth: idle cases, outliers, outflow, scores."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from tests.truth.performance import DAY, KEYS, cells, trainings
from tests.truth.recompute import VALID_DAYS, insured_jobs, registrations, table

VALUES = ["numerator", "denominator"]
#: what targets call an indicator of WIOA
LEVELS = {
    "ERQ2": "employment_rate_q2", "ERQ4": "employment_rate_q4", "MEQ2": "median_earnings_q2",
    "CRED": "credential_attainment", "MSG": "measurable_skill_gains", "ESE": "employer_retention_q2_q4",
}  # fmt: skip


def idle_cases(truth: Path, served: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Each quarter end is asked of each case: open, and when served last."""
    today = pd.Timestamp(as_of)
    first = pd.to_datetime(served["start_date"]).min()
    ends = [p.end_time.normalize() for p in pd.period_range(first, today, freq="Q") if p.end_time < today]
    asked = served.merge(pd.Series(ends, name="quarter_end"), how="cross")
    over = pd.to_datetime(asked["end_date"]).fillna(today)
    begun = pd.to_datetime(asked["start_date"]).astype("datetime64[us]")
    asked["quarter_end"] = asked["quarter_end"].astype("datetime64[us]")
    asked = asked.assign(begun=begun)[(begun <= asked["quarter_end"]) & (asked["quarter_end"] < over)]
    contacts = table(truth, "service_contacts", as_of)[["episode_id", "service_date"]]
    contacts["service_date"] = pd.to_datetime(contacts["service_date"]).astype("datetime64[us]")
    rows = pd.merge_asof(
        asked.sort_values("quarter_end"), contacts.sort_values("service_date"),
        left_on="quarter_end", right_on="service_date", by="episode_id",
    )  # fmt: skip
    last = rows[["begun", "service_date"]].max(axis=1)
    rows = rows.assign(numerator=((rows["quarter_end"] - last).dt.days > 90).astype(int), denominator=1)
    counted = cells(rows, "quarter_end", "idle_case_share")
    return counted[counted["frequency"] == "Q"].groupby(KEYS)[VALUES].sum().reset_index()


def outlying_wages(served: pd.DataFrame) -> pd.DataFrame:
    paid = served[~served["excluded"] & (served["pay"] > 0)].copy()
    years = pd.to_datetime(paid["placed_on"]).dt.year
    paid["numerator"], paid["denominator"] = 0, 1
    for year in years.unique():
        pay = paid.loc[years == year, "pay"].astype(float)
        low, high = np.quantile(pay, [0.25, 0.75])
        outside = (pay < low - 3 * (high - low)) | (pay > high + 3 * (high - low))
        paid.loc[pay.index, "numerator"] = outside.astype(int)
    return cells(paid, "placed_on", "wage_outlier_share").groupby(KEYS)[VALUES].sum().reset_index()


def outflow(truth: Path, as_of: date) -> dict[str, tuple[float, float]]:
    """Registrations that ended with work in a quarter and the mean of those valid at its month ends: the nation."""
    today = pd.Timestamp(as_of)
    known = registrations(truth, as_of)
    first = pd.Period(known["reg_date"].min(), "M")
    lapses = known["reg_date"] + (VALID_DAYS * (known["renewal_no"] + 1) + 1) * DAY
    lapsed = lapses.where(lapses <= today)
    ended = known["status_date"].where(known["status"] != "ACTIVE", lapsed).clip(lower=known["reg_date"])
    found: dict[str, list[tuple[int, int]]] = {}
    for month in pd.period_range(first, pd.Period(today, "M"), freq="M"):
        opens, closes = month.start_time, month.end_time.normalize()
        worked = int((ended.between(opens, closes) & (known["status"] == "EMPLOYED")).sum())
        stock = int(((known["reg_date"] <= closes) & ~(ended <= closes)).sum())
        found.setdefault(f"{month.year}-Q{month.quarter}", []).append((worked, stock))
    return {
        quarter: (sum(w for w, _ in months), sum(s for _, s in months) / len(months))
        for quarter, months in found.items()
    }


def neets(truth: Path, as_of: date) -> dict[str, tuple[int, int]]:
    """Registered at quarter ends under thirty in neither insured work nor training, and all registered: the nation."""
    today = pd.Timestamp(as_of)
    known = registrations(truth, as_of)
    born = table(truth, "persons").set_index("person_id")["birth_date"].dt.year
    lapses = known["reg_date"] + (VALID_DAYS * (known["renewal_no"] + 1) + 1) * DAY
    ended = known["status_date"].where(known["status"] != "ACTIVE", lapses.where(lapses <= today))
    jobs = insured_jobs(truth, as_of)
    jobs = jobs[~(jobs["end"] <= jobs["begin"])]
    courses = trainings(truth, as_of)
    found = {}
    for quarter in pd.period_range(pd.Period(known["reg_date"].min(), "Q"), pd.Period(today, "Q"), freq="Q"):
        last = quarter.end_time.normalize()
        if last > today:
            continue
        there = known[(known["reg_date"] <= last) & ~(ended <= last)]
        working = set(jobs.loc[(jobs["begin"] <= last) & ~(jobs["end"] <= last), "person_id"])
        learning = set(courses.loc[(courses["begin"] <= last) & ~(courses["end"] < last), "person_id"])
        young = there[last.year - there["person_id"].map(born) < 30]
        found[f"{quarter.year}-Q{quarter.quarter}"] = (
            int((~young["person_id"].isin(working | learning)).sum()), len(there)
        )  # fmt: skip
    return found


def quick_transitions(truth: Path, as_of: date, days: int) -> dict[str, tuple[int, int]]:
    """Registrations that ended with work within so many days, and all that did, by quarter: the nation."""
    known = registrations(truth, as_of)
    worked = known[known["status"] == "EMPLOYED"]
    found: dict[str, list[bool]] = {}
    for row in worked.itertuples():
        ended = pd.Period(row.status_date, "Q")
        found.setdefault(f"{ended.year}-Q{ended.quarter}", []).append((row.status_date - row.reg_date).days <= days)
    return {quarter: (sum(quick), len(quick)) for quarter, quick in found.items()}


def levels(truth: Path, as_of: date) -> pd.DataFrame:
    """Levels negotiated for the indicators of WIOA by organisation, programme and programme year."""
    agreed = pd.read_parquet(truth.parent / "provider" / "performance_targets.parquet")
    agreed = agreed[(pd.to_datetime(agreed["received_date"]) <= pd.Timestamp(as_of)) & (agreed["target_value"] > 0)]
    agreed = agreed[agreed["indicator_code"].isin(list(LEVELS))]
    return agreed.assign(
        indicator=agreed["indicator_code"].map(LEVELS), time_period="PY" + agreed["period"],
        level=agreed["target_value"].astype(float),
    )[["organisation_code", "programme_code", "indicator", "time_period", "level"]]  # fmt: skip


def eligible_share(truth: Path, as_of: date) -> dict[tuple[str, str], float]:
    """Share of each client group in the population of the survey, by year and group."""
    told = pd.read_parquet(truth.parent / "provider" / "eligible_populations.parquet")
    told = told[pd.to_datetime(told["received_date"]) <= pd.Timestamp(as_of)]
    total = told.groupby("period")["persons"].sum()
    return {(row.period, row.client_group): row.persons / total[row.period] for row in told.itertuples()}
