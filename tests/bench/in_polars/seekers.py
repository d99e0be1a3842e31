"""Seekers and openings: tightness, and job finding."""

from __future__ import annotations

import polars as pl
from polars import col, lit

from tests.bench.in_polars.reading import Lazy, Reader, days_between, first_jobs, month_of

_LABOUR = (
    "openings_new", "openings_posted", "openings_open_change", "registrations_new", "placements",
    "registrations_open_new", "registrations_open_change",
)  # fmt: skip


def tightness(read: Reader) -> pl.DataFrame:
    placed = [col("current_sido_code").fill_null("_U").alias("region"), col("weight").fill_null(1.0)]
    vacancies = read.fact("fct_vacancies").filter("is_submission").join(read.sidos(), on="region_code", how="left")
    is_posted = (col("posting_state") == "posted").fill_null(False)
    vacancies = vacancies.select(
        *placed, "registered_date", "posted_from", "closed_on", is_posted.alias("is_posted"),
        code=col("occupation_group"), openings=col("openings") * col("weight").fill_null(1.0),
    )  # fmt: skip
    seekers = (
        read.fact("fct_registration_spells")
        .join(read.sidos(), on="region_code", how="left")
        .select(*placed, "reg_date", "ended_on", "status", "status_date", code=col("occupation_group"))
    )
    posted = vacancies.filter(col("is_posted") & col("posted_from").is_not_null())
    stays = col("ended_on").is_null() | (month_of(col("ended_on")) > month_of(col("reg_date")))

    def counted(rows: Lazy, day: pl.Expr, **values: pl.Expr) -> Lazy:
        sums = [values.get(name, lit(0.0)).sum().cast(pl.Float64).alias(name) for name in _LABOUR]
        return rows.group_by(month_of(day).alias("month_date"), "region", "code").agg(sums)

    openings, weight = col("openings"), col("weight")
    parts = [
        counted(vacancies, col("registered_date"), openings_new=openings, openings_posted=openings * col("is_posted")),
        counted(posted, col("posted_from"), openings_open_change=openings),
        counted(
            posted.filter(col("closed_on").is_not_null()), pl.max_horizontal("closed_on", "posted_from"),
            openings_open_change=-openings,
        ),
        counted(
            seekers, col("reg_date"), registrations_new=weight, registrations_open_change=weight,
            registrations_open_new=weight * stays,
        ),
        counted(seekers.filter(col("status") == "EMPLOYED"), col("status_date"), placements=weight),
        counted(
            seekers.filter(col("ended_on").is_not_null()), pl.max_horizontal("ended_on", "reg_date"),
            registrations_open_change=-weight,
        ),
    ]  # fmt: skip
    both = pl.concat(pl.collect_all(parts))
    spine = read.prepared("int_months__spine").filter("is_labour_month").select(col("month_date").min()).collect()
    first = spine["month_date"][0]
    known = col("month_date") >= first
    both = both.with_columns(
        pl.max_horizontal("month_date", lit(first)).alias("month_date"),
        *(pl.when(known).then(col(name)).otherwise(0.0).alias(name) for name in _LABOUR if not name.endswith("change")),
    )
    answers = []
    for breakdown, keys in {
        "total": [], "region": ["region"], "occupation": ["code"], "region_occupation": ["region", "code"]
    }.items():  # fmt: skip
        summed = both.group_by("month_date", *keys).agg(col(_LABOUR).sum())
        answers.append(
            summed.select(
                "month_date", lit(breakdown).alias("breakdown_type"),
                (col("region") if "region" in keys else lit("_T")).alias("region_code"),
                (col("code") if "code" in keys else lit("_T")).alias("occupation_code"), *_LABOUR,
            )
        )  # fmt: skip
    return pl.concat(answers)


def job_finding(read: Reader) -> pl.DataFrame:
    episodes, found, previous = first_jobs(read)
    rows = episodes.join(found.drop("person_id"), on="episode_no", how="left").join(
        previous, on="episode_no", how="left"
    )
    wait = days_between(col("acquisition_date"), col("start_date"))
    is_found = col("acquisition_date").is_not_null()
    answer = rows.group_by(month_of(col("start_date")).alias("month_date")).agg(
        pl.len().alias("episodes"), (wait <= 180).sum().alias("found_180_days"), wait.sum().alias("days_to_job"),
        (is_found & col("contract_end_ym").is_null()).sum().alias("open_ended"),
        col("previous_pay").count().alias("had_a_job"), col("monthly_pay_krw").sum().alias("pay"),
        col("previous_pay").sum().alias("previous_pay"),
    )  # fmt: skip
    return answer.collect()
