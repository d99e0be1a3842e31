"""Services: retention, and outcomes of training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.bench.in_pandas.reading import Frame, Reader, dated, first_jobs, month_of, whole_days
from tests.bench.marts import OBSERVED_UNTIL


def retention(read: Reader) -> Frame:
    episodes, found, _ = first_jobs(read)
    found = found.merge(episodes[["episode_no", "person_key"]], on="episode_no")
    spells = read.spells("person_id workplace_no acquisition_date loss_date")
    later = found[["episode_no", "person_id", "acquisition_date", "employer_no"]].merge(
        spells, on="person_id", suffixes=("_first", "")
    )
    placed_on = later["acquisition_date_first"]
    later = later[(later["acquisition_date"] <= placed_on + 365) & (later["loss_date"] > placed_on + 183)]
    later = later.merge(read.workplaces("business_no"), on="workplace_no", how="left")
    same = later["business_no"].fillna(later["workplace_no"]) == later["employer_no"]
    flags = pd.DataFrame({"episode_no": later["episode_no"]})
    for months, days in {"6m": 183, "12m": 365}.items():
        day = later["acquisition_date_first"] + days
        held = (later["acquisition_date"] <= day) & (later["loss_date"] > day)
        flags[f"retained_{months}"], flags[f"retained_employer_{months}"] = held, held & same
    flags = flags.groupby("episode_no").any()
    again = found[["episode_no", "person_key", "acquisition_date"]].merge(
        read.fact("fct_registration_spells", "person_key reg_date"), on="person_key"
    )
    again = again[again["reg_date"] > again["acquisition_date"]].groupby("episode_no")["reg_date"].min()
    rows = found[["episode_no", "acquisition_date"]].join(flags, on="episode_no")
    names = ["retained_6m", "retained_12m", "retained_employer_6m", "retained_employer_12m"]
    counts = rows[names].eq(True).astype(np.int64)
    counts.insert(0, "placed", 1)
    counts["registered_again"] = (rows["episode_no"].map(again) - rows["acquisition_date"] <= 365).astype(np.int64)
    answer = counts.groupby(month_of(rows["acquisition_date"]).rename("month")).sum().reset_index()
    answer.insert(0, "month_date", dated(answer.pop("month")))
    return answer


def training_outcome(read: Reader) -> Frame:
    enrolments = read.fact("fct_training_enrolments", "person_id course_id ended_date status")
    completers = enrolments[
        (enrolments["status"] == "COMPLETED") & (enrolments["ended_date"] + 183 <= whole_days(OBSERVED_UNTIL))
    ]
    asked = completers[["person_id", "ended_date"]].drop_duplicates()
    jobs = asked.merge(read.spells("person_id acquisition_date"), on="person_id")
    wait = jobs["acquisition_date"] - jobs["ended_date"]
    jobs = jobs[(wait > 0) & (wait <= 183)].groupby(["person_id", "ended_date"])["acquisition_date"].min().reset_index()
    rows = completers.merge(jobs, on=["person_id", "ended_date"], how="left")
    rows["days"] = (rows["acquisition_date"] - rows["ended_date"]).fillna(0).astype(np.int64)
    grouped = rows.groupby("course_id")
    answer = pd.DataFrame({
        "completers": grouped.size(), "employed": grouped["acquisition_date"].count(),
        "days_to_job": grouped["days"].sum(),
    })  # fmt: skip
    return answer.reset_index()
