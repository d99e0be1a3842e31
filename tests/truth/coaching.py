"""Career coaching recomputed from a nation's truth: clients one by one, then quarters and years."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tests.truth.performance import DAY, observed_until
from tests.truth.recompute import TOTAL, insured_jobs, registrations, table

KEYS = ["frequency", "time_period", "indicator", "organisation_code"]


def clients(truth: Path, as_of: date) -> list[dict[str, Any]]:
    """Persons by their first assessment; a step is the day on which it was reached, or None."""
    today = pd.Timestamp(as_of)
    assessed = table(truth, "assessments", as_of).sort_values(["assessed_date", "assessment_id"])
    first = assessed.drop_duplicates("person_id")
    sessions = table(truth, "coaching_sessions", as_of)
    # that a service began is told three days later, and delivered on the day after
    told = sessions["service_started_date"] + 4 * DAY <= today
    sessions["service_started_date"] = sessions["service_started_date"].where(told)
    enrolled = pd.read_parquet(truth.parent / "provider" / "training_enrolments.parquet")
    persons = table(truth, "persons")[["person_id", "resident_no"]]
    enrolled = enrolled[enrolled["received_date"].astype("datetime64[ns]") <= today].merge(persons, on="resident_no")
    enrolled["day"] = pd.to_datetime(enrolled["enrolled_date"])
    known = registrations(truth, as_of)[["seeker_reg_no"]]
    sent = table(truth, "referrals").merge(known, on="seeker_reg_no")
    sent = sent[sent["referred_date"] < today].rename(columns={"referred_date": "day"})
    jobs = insured_jobs(truth, as_of)
    jobs = jobs[~(jobs["end"] <= jobs["begin"])]
    days_of = {name: dict(list(frame.groupby("person_id")["day"])) for name, frame in (("t", enrolled), ("a", sent))}
    sessions_of, jobs_of = dict(list(sessions.groupby("person_id"))), dict(list(jobs.groupby("person_id")))
    found = []
    for one in first.itertuples():
        entry, nobody = one.assessed_date, sessions.iloc[:0]
        held = sessions_of.get(one.person_id, nobody)
        held = held[held["session_date"] >= entry]
        worked = jobs_of.get(one.person_id, jobs.iloc[:0])

        def reached(days: Any, entry: pd.Timestamp = entry, same_day: bool = True) -> pd.Timestamp | None:
            later = [d for d in days if (d >= entry if same_day else d > entry)]
            return min(later) if later and min(later) <= entry + 365 * DAY else None

        placed = reached(worked["begin"], same_day=False)
        found.append({
            "organisation_code": one.organisation_code, "assessed": entry, "coached": reached(held["session_date"]),
            "trained": reached(days_of["t"].get(one.person_id, [])),
            "applied": reached(days_of["a"].get(one.person_id, [])), "placed": placed, "sessions": held,
            "kept": {
                n: placed is not None
                and ((worked["begin"] <= placed + n * DAY) & ~(worked["end"] <= placed + n * DAY)).any()
                for n in (183, 365)
            },
        })  # fmt: skip
    return found


def funnel(truth: Path, as_of: date) -> pd.DataFrame:
    """Numerator, denominator and pending of every indicator by KEYS."""
    horizon = observed_until(as_of)
    rows: list[tuple[Any, ...]] = []
    for one in clients(truth, as_of):
        held, entry, placed = one["sessions"], one["assessed"], one["placed"]
        over = entry + 365 * DAY <= horizon

        def count(indicator: str, member: bool, closed: bool, above: float, below: float, one: Any = one) -> None:
            if member:
                row = (above, below, 0) if closed else (0, 0, 1)
                day = one["assessed"]
                for organisation in (one["organisation_code"], TOTAL):
                    rows.append(("Q", f"{day.year}-Q{day.quarter}", f"coaching_{indicator}", organisation, *row))
                    rows.append(("A", str(day.year), f"coaching_{indicator}", organisation, *row))

        count("assessed", True, True, 1, 0)
        coached = one["coached"] is not None
        count("coached_of_assessed", True, over, coached, 1)
        count("placed_of_assessed", True, over, coached and placed is not None, 1)
        if not coached:
            continue
        for step in ("trained", "applied", "placed"):
            count(f"{step}_of_coached", True, over, one[step] is not None, 1)
        count("placed_of_trained", one["trained"] is not None, over, placed is not None, 1)
        for months, days in (("6m", 183), ("12m", 365)):
            closed = over and placed is not None and placed + days * DAY <= horizon
            count(f"retained_{months}_of_placed", placed is not None, closed, one["kept"][days], 1)
        last = held["session_date"].max()
        for months, days in (("3m", 91), ("6m", 183), ("12m", 365)):
            count(f"contact_{months}", True, entry + days * DAY <= horizon, last >= entry + days * DAY, 1)
        if placed is not None:
            after = (held["session_date"] > placed) & (held["session_date"] <= placed + 365 * DAY)
            count("contact_after_placement", True, placed + 365 * DAY <= horizon, after.any(), 1)
        count("support_days", True, over, (last - one["coached"]).days, 1)
        count("helpful", True, True, (held["helpfulness"] >= 4).sum(), held["helpfulness"].notna().sum())
        count("services_per_client", True, over, held["referred_service"].nunique(), 1)
        started = held["service_started_date"].notna().sum()
        count("referral_completion", True, over, started, held["referred_service"].notna().sum())
    values = ["numerator", "denominator", "pending"]
    return pd.DataFrame(rows, columns=[*KEYS, *values]).astype(dict.fromkeys(values, float)).groupby(KEYS).sum()
