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


OFFICE = ["total", "organisation_type", "organisation"]


def by_office(truth: Path, rows: pd.DataFrame, day: str, indicator: str) -> pd.DataFrame:
    """Sums of the register, which knows the office and neither programme nor client group."""
    kinds = table(truth, "organisations").set_index("organisation_code")["organisation_type"]
    rows = rows.assign(organisation_type=rows["organisation_code"].map(kinds), programme_code="_N", client_group="_N")
    return cells(rows, day, indicator, OFFICE).groupby(KEYS)[VALUES].sum().reset_index()


def _registered(truth: Path, as_of: date) -> pd.DataFrame:
    """Registrations as last known with their office and the day on which they ended or lapsed."""
    today = pd.Timestamp(as_of)
    told = pd.read_parquet(truth.parent / "provider" / "seeker_registrations.parquet").sort_values("updated_at")
    told = told[pd.to_datetime(told["received_date"]) <= today].drop_duplicates("seeker_reg_no", keep="last")
    known = registrations(truth, as_of)
    lapses = known["reg_date"] + (VALID_DAYS * (known["renewal_no"] + 1) + 1) * DAY
    return known.assign(
        ended=known["status_date"].where(known["status"] != "ACTIVE", lapses.where(lapses <= today)),
        organisation_code=known["seeker_reg_no"].map(told.set_index("seeker_reg_no")["office_code"]).fillna("_U"),
    )


def outflow(truth: Path, as_of: date) -> pd.DataFrame:
    """Registrations that ended with work in a quarter and the mean of those valid at its month ends."""
    known = _registered(truth, as_of)
    ended = known["ended"].clip(lower=known["reg_date"])
    months = pd.period_range(known["reg_date"].min(), as_of, freq="M")
    in_quarter = pd.Series(1, index=months.asfreq("Q")).groupby(level=0).sum()
    parts = []
    for month in months:
        opens, closes = month.start_time, month.end_time.normalize()
        worked = known[ended.between(opens, closes) & (known["status"] == "EMPLOYED")]
        stock = known[(known["reg_date"] <= closes) & ~(ended <= closes)]
        share = 1 / in_quarter[month.asfreq("Q")]
        parts += [worked.assign(day=opens, numerator=1, denominator=0.0),
                  stock.assign(day=opens, numerator=0, denominator=share)]  # fmt: skip
    found = by_office(truth, pd.concat(parts), "day", "outflow_to_work_rate")
    return found[found["frequency"] == "Q"]


def neets(truth: Path, as_of: date) -> pd.DataFrame:
    """Registered at quarter ends under thirty in neither insured work nor training, and all registered."""
    today = pd.Timestamp(as_of)
    known = _registered(truth, as_of)
    born = known["person_id"].map(table(truth, "persons").set_index("person_id")["birth_date"].dt.year)
    jobs = insured_jobs(truth, as_of)
    jobs = jobs[~(jobs["end"] <= jobs["begin"])]
    courses = trainings(truth, as_of)
    parts = []
    for quarter in pd.period_range(known["reg_date"].min(), today, freq="Q"):
        last = quarter.end_time.normalize()
        if last > today:
            continue
        there = known[(known["reg_date"] <= last) & ~(known["ended"] <= last)]
        working = set(jobs.loc[(jobs["begin"] <= last) & ~(jobs["end"] <= last), "person_id"])
        learning = set(courses.loc[(courses["begin"] <= last) & ~(courses["end"] < last), "person_id"])
        idle = (last.year - born[there.index] < 30) & ~there["person_id"].isin(working | learning)
        parts.append(there.assign(day=last, numerator=idle.astype(int), denominator=1))
    found = by_office(truth, pd.concat(parts), "day", "neet_share")
    return found[found["frequency"] == "Q"]


def quick_transitions(truth: Path, as_of: date, days: int, indicator: str) -> pd.DataFrame:
    """Registrations that ended with work within so many days, and all that did."""
    worked = _registered(truth, as_of).query("status == 'EMPLOYED'")
    quick = worked["status_date"] - worked["reg_date"] <= days * DAY
    rows = worked.assign(numerator=quick.astype(int), denominator=1)
    return by_office(truth, rows, "status_date", indicator)


def satisfaction(truth: Path, as_of: date) -> pd.DataFrame:
    """Surveys as they were sent: of clients and of employers, how many were content and how many answered at all."""
    sent = pd.read_parquet(truth.parent / "provider" / "satisfaction_surveys.parquet")
    sent = sent[pd.to_datetime(sent["received_date"]) <= pd.Timestamp(as_of)]
    kinds = table(truth, "organisations").set_index("organisation_code")["organisation_type"]
    sent = sent.assign(organisation_type=sent["organisation_code"].map(kinds), client_group="_N",
                       day=pd.to_datetime(sent["period"] + "-01"))  # fmt: skip
    parts = []
    for who, prefix in (("CLIENT", ""), ("EMPLOYER", "employer_")):
        asked = sent[sent["respondent"] == who]
        for name, above, below in (("satisfaction_rate", "satisfied", "answered"),
                                   ("satisfaction_response_rate", "answered", "invited")):  # fmt: skip
            rows = asked.assign(numerator=asked[above], denominator=asked[below])
            parts.append(cells(rows, "day", prefix + name, [*OFFICE, "programme", "organisation_programme"]))
    return pd.concat(parts).groupby(KEYS)[VALUES].sum().reset_index()


def levels(truth: Path, as_of: date) -> pd.DataFrame:
    """Levels negotiated for rates and medians by organisation, programme and year (of WIOA: programme year)."""
    agreed = pd.read_parquet(truth.parent / "provider" / "performance_targets.parquet")
    agreed = agreed[(pd.to_datetime(agreed["received_date"]) <= pd.Timestamp(as_of)) & (agreed["target_value"] > 0)]
    names = LEVELS | {"PLACEMENT_RATE": "placement_rate_6m"}
    agreed = agreed[agreed["indicator_code"].isin(list(names))]
    by_year = agreed["indicator_code"] == "PLACEMENT_RATE"
    return agreed.assign(
        indicator=agreed["indicator_code"].map(names),
        time_period=agreed["period"].where(by_year, "PY" + agreed["period"]),
        level=agreed["target_value"].astype(float),
    )[["organisation_code", "programme_code", "indicator", "time_period", "level"]]  # fmt: skip


def eligible_share(truth: Path, as_of: date) -> dict[tuple[str, str], float]:
    """Share of each client group in the population of the survey, by year and group."""
    told = pd.read_parquet(truth.parent / "provider" / "eligible_populations.parquet")
    told = told[pd.to_datetime(told["received_date"]) <= pd.Timestamp(as_of)]
    total = told.groupby("period")["persons"].sum()
    return {(row.period, row.client_group): row.persons / total[row.period] for row in told.itertuples()}
