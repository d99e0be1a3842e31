"""The performance of employment services recomputed from a nation's truth: each episode by itself, then cells."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.truth.recompute import TOTAL, insured_jobs, registrations, table

DIMENSIONS = ["organisation_type", "organisation_code", "programme_code", "client_group"]
KEYS = ["frequency", "time_period", "indicator", "breakdown_type", *DIMENSIONS]
BREAKDOWNS = {
    "total": [], "organisation_type": DIMENSIONS[:1], "organisation": DIMENSIONS[:2], "programme": DIMENSIONS[2:3],
    "client_group": DIMENSIONS[3:], "organisation_programme": DIMENSIONS[:3],
    "organisation_client_group": [*DIMENSIONS[:2], "client_group"], "programme_client_group": DIMENSIONS[2:],
    "organisation_programme_client_group": DIMENSIONS,
}  # fmt: skip
SINGLE = ["total", "organisation_type", "organisation", "programme", "client_group"]
LEFT = {"DEATH", "MILITARY", "LONG_ILLNESS", "EMIGRATION"}
DAY = pd.Timedelta(days=1)
#: indicator: day of the cohort, outcome, members
RATES = {
    "placement_rate_6m": ("start_date", "placed_6m", None), "placement_rate_exit": ("end_date", "placed_exit", None),
    "employment_rate_3m": ("end_date", "employed_3m", "completer"),
    "employment_rate_6m": ("end_date", "employed_6m", "completer"),
    "retention_6m": ("placed_on", "kept_183", None), "retention_12m": ("placed_on", "kept_365", None),
    "retention_employer_6m": ("placed_on", "kept_employer_183", None),
    "retention_employer_12m": ("placed_on", "kept_employer_365", None),
    "churn_back_12m": ("placed_on", "back", None), "employment_rate_q2": ("exit_date", "q2", None),
    "employment_rate_q4": ("exit_date", "q4", None),
    "employer_retention_q2_q4": ("exit_date", "q2_q4", "maybe_q2"),
    "credential_attainment": ("exit_date", "credential", "in_training"),
    "measurable_skill_gains": ("programme_year", "gained", None),
}  # fmt: skip


def observed_until(as_of: date) -> pd.Timestamp:
    """Last day whose reports were due: by the 15th of the next month, in the deliveries of the 16th."""
    month = pd.Period(as_of, "M") - 1
    if as_of.day < 16:
        month -= 1
    return month.end_time.normalize()


def quarter_after(day: pd.Timestamp, quarters: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First day, and first day outside, of a later quarter."""
    period = pd.Period(day, "Q") + quarters
    return period.start_time, (period + 1).start_time


def left_on(start: pd.Timestamp, served: list[pd.Timestamp], as_of: date) -> pd.Timestamp | None:
    """Last day of service before more than 90 days without any."""
    days = sorted({start, *served})
    for day, following in pairwise([*days, pd.Timestamp(as_of)]):
        if (following - day).days > 90:
            return day
    return None


def trainings(truth: Path, as_of: date) -> pd.DataFrame:
    """Enrolments as last told by the working day: person, first and last day, status."""
    told = pd.read_parquet(truth.parent / "provider" / "training_enrolments.parquet")
    told = told[pd.to_datetime(told["received_date"]) <= pd.Timestamp(as_of)].sort_values("updated_at")
    told = told.drop_duplicates("enrolment_no", keep="last")
    told = told.merge(table(truth, "persons")[["person_id", "resident_no"]], on="resident_no")
    begin, end = pd.to_datetime(told["enrolled_date"]), pd.to_datetime(told["ended_date"])
    return told.assign(begin=begin, end=end)[["person_id", "begin", "end", "status"]]


def episodes(truth: Path, as_of: date, agencies: pd.DataFrame) -> pd.DataFrame:
    """One row per episode: where it counts, its days, its outcomes (None while they may still change).

    ``agencies``: clients who came without a resident number (``agencies.clients``).
    """
    horizon = observed_until(as_of)
    reports = table(truth, "episode_reports", as_of).sort_values("updated_at")
    reports = reports.drop_duplicates("episode_id", keep="last").drop(columns=["updated_at", "received_date"])
    found = table(truth, "episodes").drop(columns=["end_date", "exit_reason"]).merge(reports, on="episode_id")
    found = pd.concat([found.assign(is_agency=False), agencies], ignore_index=True)
    kinds = table(truth, "organisations").set_index("organisation_code")["organisation_type"]
    found["organisation_type"] = found["organisation_code"].map(kinds)
    known = registrations(truth, as_of)
    clients = table(truth, "clients").set_index("seeker_reg_no")
    first_day = known.groupby("seeker_reg_no")["reg_date"].min()
    again = known.groupby("person_id")["reg_date"].apply(sorted).to_dict()
    jobs = insured_jobs(truth, as_of)
    jobs = jobs[~(jobs["end"] <= jobs["begin"])].sort_values(["begin", "event_no"])
    jobs["employer"] = jobs["workplace_no"].str[:10]
    jobs_of = {person: list(part.itertuples()) for person, part in jobs.groupby("person_id")}
    contacts = table(truth, "service_contacts", as_of).groupby("episode_id")["service_date"].agg(list).to_dict()
    trained = {person: list(part.itertuples()) for person, part in trainings(truth, as_of).groupby("person_id")}
    credentials = table(truth, "credentials", as_of)
    attained = {person: list(part.itertuples()) for person, part in credentials.groupby("person_id")}
    rows: list[dict[str, Any]] = []
    for _, served in found.sort_values(["start_date", "episode_id"]).groupby("person_id"):
        client_rows = [
            _episode(
                one, jobs_of.get(one.person_id, []), again.get(one.person_id, []), horizon, first_day,
                left_on(one.start_date, contacts.get(one.episode_id, []), as_of),
            )
            for one in served.itertuples()
        ]  # fmt: skip
        for one, row in zip(served.itertuples(), client_rows, strict=True):
            learning = trained.get(one.person_id, []), attained.get(one.person_id, [])
            row |= _learning(row, *learning, horizon, pd.Timestamp(as_of))
        for one, following in pairwise(client_rows):
            taken_over = following["start_date"] <= one["start_date"] + 183 * DAY
            before_the_job = one["first_job"] is None or following["start_date"] < one["first_job"]
            one["shared"] = one["reason"] not in LEFT and taken_over and before_the_job
            one["excluded"] |= one["shared"]
        last = None
        for one in client_rows:
            if not one["excluded"] and one["placed_on"] is not None:
                one["repeated"] = last is not None and (one["placed_on"] - last).days <= 30
                one["excluded"] = one["repeated"]
                last = one["placed_on"]
        rows += client_rows
    frame = pd.DataFrame(rows)
    frame["desired"] = frame["seeker_reg_no"].map(clients["desired_wage_min_krw"])
    low = frame["seeker_reg_no"].map(clients["education_code"]).isin(["01", "02", "03"])
    return frame.assign(
        low_education=low.astype(int),
        disability=frame["seeker_reg_no"].map(clients["has_disability"]).eq(True).astype(int),
        ui_beneficiary=frame["seeker_reg_no"].map(clients["is_ui_beneficiary"]).eq(True).astype(int),
    )


def _episode(
    one: Any,
    jobs: list[Any],
    registered: list[pd.Timestamp],
    horizon: pd.Timestamp,
    first_day: pd.Series,
    left: pd.Timestamp | None,
) -> dict[str, Any]:
    start = one.start_date
    leave = None if pd.isna(one.end_date) else one.end_date
    later = [job for job in jobs if job.begin > start]
    before = [job for job in jobs if job.begin <= start]
    first = later[0] if later else None
    hired = first.begin if first else None
    placed = hired if hired is not None and hired <= start + 183 * DAY else None

    def insured(day: pd.Timestamp, employer: str | None = None) -> bool:
        return any(
            job.begin <= day and not job.end <= day and (employer is None or job.employer == employer) for job in jobs
        )

    row: dict[str, Any] = {
        "episode_id": one.episode_id, "seeker_reg_no": one.seeker_reg_no, "organisation_code": one.organisation_code,
        "organisation_type": one.organisation_type, "programme_code": one.programme_code,
        "client_group": one.client_group, "cost": one.cost_krw, "reason": one.exit_reason,
        "completer": one.exit_reason in {"COMPLETED", "EMPLOYED"}, "start_date": start, "end_date": leave,
        "exit_date": left, "first_job": hired, "placed_on": placed,
        "excluded": one.exit_reason in LEFT or one.person_id < 0, "is_agency": one.is_agency,
        "is_linked": one.person_id > 0, "shared": False, "repeated": False,
        "waited": (min(hired or horizon, horizon) - first_day.get(one.seeker_reg_no, start)).days,
        "found": hired is not None and hired <= horizon, "pay": first.pay if placed is not None else None,
        "pay_before": before[-1].pay if before else None, "tenure": None, "job_ended": None,
        "placed_6m": placed is not None if start + 183 * DAY <= horizon else None,
    }  # fmt: skip
    for name, days in {"placed_exit": 30, "employed_3m": 92, "employed_6m": 183}.items():
        due = leave is not None and leave + days * DAY <= horizon
        row[name] = (hired is not None and hired <= leave + days * DAY) if due else None
    for days in (183, 365):
        due = placed is not None and placed + days * DAY <= horizon
        row[f"kept_{days}"] = insured(placed + days * DAY) if due else None
        row[f"kept_employer_{days}"] = insured(placed + days * DAY, first.employer) if due else None
    due = placed is not None and placed + 365 * DAY <= horizon
    row["back"] = any(placed < day <= placed + 365 * DAY for day in registered) if due else None
    if placed is not None and placed <= horizon:
        over = not pd.isna(first.end) and first.end <= horizon
        row |= {"tenure": ((first.end if over else horizon + DAY) - placed).days, "job_ended": over}
    return row | _quarters(left, jobs, horizon)


def _learning(
    row: dict[str, Any], trained: list[Any], attained: list[Any], horizon: pd.Timestamp, today: pd.Timestamp
) -> dict[str, Any]:
    """Whether the client was in training, attained a credential, and gained a skill in each programme year."""
    start, left = row["start_date"], row["exit_date"]
    own = [one for one in trained if start <= one.begin <= (row["end_date"] or today)]
    if not own:
        return {"in_training": False, "credential": None, "gains": []}
    found = None
    if left is not None and left + 365 * DAY <= horizon:
        kinds = {one.credential_kind for one in attained if start <= one.attained_date <= left + 365 * DAY}
        works = row["first_job"] is not None and row["first_job"] <= left + 365 * DAY
        found = "NATIONAL_QUALIFICATION" in kinds or ("SECONDARY_DIPLOMA" in kinds and works)
    gained = [one.end for one in trained if one.status == "COMPLETED"] + [one.attained_date for one in attained]
    last = max(today if pd.isna(one.end) else one.end for one in own)
    years = []
    first_year, last_year = (day.year - (day.month < 7) for day in (min(one.begin for one in own), last))
    for year in range(first_year, last_year + 1):
        opens, closes = pd.Timestamp(year, 7, 1), pd.Timestamp(year + 1, 6, 30)
        gain = any(max(start, opens) <= day <= closes for day in gained) if closes <= horizon else None
        years.append((opens, gain))
    return {"in_training": True, "credential": found, "gains": years}


def gains(served: pd.DataFrame) -> pd.DataFrame:
    """Clients in training once for each programme year."""
    told = served[served["gains"].map(len) > 0].explode("gains")
    return told.assign(programme_year=told["gains"].str[0], gained=told["gains"].str[1])


def _quarters(leave: pd.Timestamp | None, jobs: list[Any], horizon: pd.Timestamp) -> dict[str, Any]:
    """Employers and earnings of the second and the fourth quarter after the one of exit."""
    row: dict[str, Any] = {"q2": None, "q4": None, "q2_q4": None, "earnings": None, "maybe_q2": True}
    employers: dict[int, set[str]] = {}
    for quarter in (2, 4):
        if leave is None:
            continue
        begin, over = quarter_after(leave, quarter)
        if over - DAY > horizon:
            continue
        earned = 0
        employers[quarter] = set()
        for job in jobs:
            days = (min(over, job.end if not pd.isna(job.end) else over) - max(begin, job.begin)).days
            if days > 0:
                employers[quarter].add(job.employer)
                earned += int(3 * (job.pay or 0) * days / (over - begin).days + 0.5)
        row[f"q{quarter}"] = bool(employers[quarter])
        if quarter == 2:
            row |= {"earnings": earned, "maybe_q2": row["q2"]}
    if 4 in employers:
        row["q2_q4"] = bool(employers[2] & employers[4])
    return row


def periods(day: pd.Series, indicator: str) -> list[tuple[str, pd.Series]]:
    """Where the day of a cohort counts: its quarter, and its calendar or its programme year."""
    quarter = day.dt.year.astype(str) + "-Q" + day.dt.quarter.astype(str)
    if indicator in {"employment_rate_q2", "median_earnings_q2"}:  # exits July to June, a year before
        return [("Q", quarter), ("PY", "PY" + (day.dt.year + (day.dt.month > 6)).astype(str))]
    if indicator == "measurable_skill_gains":
        return [("PY", "PY" + day.dt.year.astype(str))]
    # exits of the calendar year before
    if indicator in {"employment_rate_q4", "employer_retention_q2_q4", "credential_attainment"}:
        return [("Q", quarter), ("PY", "PY" + (day.dt.year + 1).astype(str))]
    return [("Q", quarter), ("A", day.dt.year.astype(str))]


def cells(frame: pd.DataFrame, day: str, indicator: str, breakdowns: list[str] | None = None) -> pd.DataFrame:
    """The rows once for each cell they count in."""
    frame = frame[frame[day].notna()].assign(indicator=indicator)
    frame[day] = pd.to_datetime(frame[day])
    parts = []
    for frequency, period in periods(frame[day], indicator):
        counted = frame.assign(frequency=frequency, time_period=period)
        for name in breakdowns or BREAKDOWNS:
            others = {d: TOTAL for d in DIMENSIONS if d not in BREAKDOWNS[name]}
            parts.append(counted.assign(breakdown_type=name, **others))
    return pd.concat(parts)


def counts(served: pd.DataFrame) -> pd.DataFrame:
    """Numerators, denominators, pending and excluded of all rates, ratios and counts of episodes, sparse."""
    parts = []
    for indicator, (day, outcome, members) in RATES.items():
        cohort = gains(served) if outcome == "gained" else served
        cohort = cohort if members is None else cohort[cohort[members].astype(bool)]
        counted = ~cohort["excluded"] & cohort[outcome].notna()
        parts.append(cells(cohort.assign(
            numerator=(counted & cohort[outcome].eq(True)).astype(int), denominator=counted.astype(int),
            pending=(~cohort["excluded"] & cohort[outcome].isna()).astype(int),
            excluded=cohort["excluded"].astype(int),
        ), day, indicator))  # fmt: skip
    kept = served[~served["excluded"]]
    told = kept[kept["placed_6m"].notna() & kept["cost"].notna()]
    paid = kept[kept["pay"] > 0]
    before, wished = paid[paid["pay_before"] > 0], paid[paid["desired"] > 0]
    repeated = served[served["repeated"]]
    unnumbered = served[served["is_agency"]]
    late = served[served["end_date"].notna() & served["exit_date"].notna()]
    delay = (pd.to_datetime(late["end_date"]) - pd.to_datetime(late["exit_date"])).dt.days
    for indicator, frame, day, above, below in [
        ("episodes_started", served, "start_date", 1, None), ("episodes_exited", served, "end_date", 1, None),
        ("service_placements", kept, "placed_on", 1, None),
        ("service_placements_repeated", repeated, "placed_on", 1, None),
        ("linked_share", unnumbered, "start_date", unnumbered["is_linked"].astype(int), 1),
        ("episodes_shared_share", served, "start_date", served["shared"].astype(int), 1),
        ("exit_delay_days", late, "end_date", delay, 1),
        ("cost_per_placement", told, "start_date", told["cost"], told["placed_6m"].astype(int)),
        ("wage_ratio_previous", before, "placed_on", before["pay"], before["pay_before"]),
        ("wage_ratio_reservation", wished, "placed_on", wished["pay"], wished["desired"]),
    ]:  # fmt: skip
        if len(frame):
            told_of = frame.assign(numerator=above, denominator=below, pending=0, excluded=0)
            parts.append(cells(told_of, day, indicator))
    values = ["numerator", "denominator", "pending", "excluded"]
    return pd.concat([part.groupby(KEYS)[values].sum(min_count=1).reset_index() for part in parts])


def medians(served: pd.DataFrame) -> pd.DataFrame:
    """Medians of pay and earnings: value and persons by cell."""
    kept = served[~served["excluded"]]
    parts = [
        cells(kept[kept["pay"] > 0].assign(x=kept["pay"]), "placed_on", "wage_at_placement_median"),
        cells(kept[kept["earnings"] > 0].assign(x=kept["earnings"]), "exit_date", "median_earnings_q2"),
    ]
    found = pd.concat([part.assign(x=part["x"].astype(float)).groupby(KEYS)["x"].agg(list) for part in parts])
    return pd.DataFrame({"value": found.map(np.median), "denominator": found.map(len)})


def survival(days: list[int], ended: list[bool]) -> dict[int, float]:
    """Kaplan-Meier by the book: the share that lasts longer, after each day on which something ended."""
    curve, share = {}, 1.0
    for day in sorted(set(days)):
        at_risk = sum(d >= day for d in days)
        share *= 1 - sum(d == day and e for d, e in zip(days, ended, strict=True)) / at_risk
        curve[day] = share
    return curve


def survivals(served: pd.DataFrame, horizon: pd.Timestamp) -> pd.DataFrame:
    """Median days to placement, and tenures of 183 and 365 days, by cell of one dimension."""
    kept = served[~served["excluded"]]
    waiting = kept[kept["start_date"] < horizon]
    tenured = kept[kept["tenure"].notna()]
    found = {}
    for frame, day, indicator, days, ended in [
        (waiting, "start_date", "days_to_placement_median", "waited", "found"),
        (tenured, "placed_on", "retention_km", "tenure", "job_ended"),
    ]:
        for key, part in cells(frame, day, indicator, SINGLE).groupby(KEYS):
            curve = survival([int(d) for d in part[days]], [bool(e) for e in part[ended]])
            n = len(part)
            if indicator == "days_to_placement_median":
                found[key] = (min((d for d, share in curve.items() if round(share, 10) <= 0.5), default=None), n)
                continue
            for months, length in (("6m", 183), ("12m", 365)):
                known = max(curve) >= length or min(curve.values()) == 0
                share = [s for d, s in curve.items() if d <= length]
                named = (*key[:2], f"retention_km_{months}", *key[3:])
                found[named] = ((share[-1] if share else 1.0) if known else None, n)
    index = pd.MultiIndex.from_tuples(found, names=KEYS)
    return pd.DataFrame(list(found.values()), columns=["value", "denominator"], index=index)
