"""Services: retention, and outcomes of training."""

from __future__ import annotations

import polars as pl
from polars import col

from tests.bench.in_polars.reading import FAR, Reader, days_after, days_between, first_jobs, month_of
from tests.bench.marts import OBSERVED_UNTIL


def retention(read: Reader) -> pl.DataFrame:
    episodes, found, _ = first_jobs(read)
    found = found.join(episodes.select("episode_no", "person_key"), on="episode_no").select(
        "episode_no", "person_id", "person_key", "employer_no", placed_on="acquisition_date"
    ).collect().lazy()  # fmt: skip
    spells = read.spells().select("person_id", "workplace_no", "acquisition_date", col("loss_date").fill_null(FAR))
    employers = read.fact("dim_workplace").select("workplace_no", "business_no")
    later = (
        found.select("episode_no", "person_id", "placed_on", "employer_no").join(spells, on="person_id")
        .filter(
            (col("acquisition_date") <= days_after("placed_on", 365))
            & (col("loss_date") > days_after("placed_on", 183))
        )
        .join(employers, on="workplace_no", how="left")
    )  # fmt: skip
    same = pl.coalesce("business_no", "workplace_no") == col("employer_no")
    flags = {}
    for months, days in {"6m": 183, "12m": 365}.items():
        day = days_after("placed_on", days)
        held = (col("acquisition_date") <= day) & (col("loss_date") > day)
        flags |= {f"retained_{months}": held.any(), f"retained_employer_{months}": (held & same).any()}
    kept = later.group_by("episode_no").agg(**flags)
    again = (
        found.select("episode_no", "person_key", "placed_on")
        .join(read.fact("fct_registration_spells").select("person_key", "reg_date"), on="person_key")
        .filter(col("reg_date") > col("placed_on")).group_by("episode_no").agg(col("reg_date").min())
    )  # fmt: skip
    rows = found.join(kept, on="episode_no", how="left").join(again, on="episode_no", how="left")
    answer = rows.group_by(month_of(col("placed_on")).alias("month_date")).agg(
        pl.len().alias("placed"),
        col("retained_6m", "retained_12m", "retained_employer_6m", "retained_employer_12m").sum(),
        (days_between(col("reg_date"), col("placed_on")) <= 365).sum().alias("registered_again"),
    )  # fmt: skip
    return answer.collect()


def training_outcome(read: Reader) -> pl.DataFrame:
    completers = read.fact("fct_training_enrolments").filter(
        (col("status") == "COMPLETED") & (days_after("ended_date", 183) <= OBSERVED_UNTIL)
    ).select("course_id", "person_id", "ended_date")  # fmt: skip
    wait = days_between(col("acquisition_date"), col("ended_date"))
    jobs = (
        completers.select("person_id", "ended_date").unique()
        .join(read.spells().select("person_id", "acquisition_date"), on="person_id")
        .filter((wait > 0) & (wait <= 183)).group_by("person_id", "ended_date").agg(col("acquisition_date").min())
    )  # fmt: skip
    rows = completers.join(jobs, on=["person_id", "ended_date"], how="left")
    answer = rows.group_by("course_id").agg(
        pl.len().alias("completers"), col("acquisition_date").count().alias("employed"), wait.sum().alias("days_to_job")
    )
    return answer.collect()
