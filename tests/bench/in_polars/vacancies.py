"""Vacancies: the funnel of verification, and the profile of wages."""

from __future__ import annotations

import polars as pl
from polars import col, lit

from tests.bench.facts import AS_OF
from tests.bench.in_polars.reading import Reader, days_after, month_of


def funnel(read: Reader) -> pl.DataFrame:
    rows = (
        read.fact("fct_vacancies")
        .filter("is_submission")
        .select("vacancy_key", "registered_date", "channel_code", "posting_state")
    )
    ways = (
        read.fact("fct_posting_review").filter(~col("is_machine") & (col("step_code") != "S4_COHERENCE"))
        .group_by("vacancy_key").agg(
            (col("decision") == "RETURN").any().alias("returned"),
            col("decision").is_in(["HOLD", "UNREACHABLE"]).any().alias("held"),
        )
    )  # fmt: skip
    state, day = col("state"), col("valid_from")
    days = read.fact("fct_posting_status").group_by("vacancy_key").agg(
        day.filter(state == "posted").min().alias("posted_on"), day.filter(state == "closed").min().alias("ended_on"),
        day.filter((state == "closed") & (col("reason") == "TAKEN_DOWN")).min().alias("taken_down_on"),
        day.filter(state == "withdrawn").min().alias("withdrawn_on"),
    )  # fmt: skip
    fills = read.fact("int_vacancies__filled").select(
        "vacancy_key",
        "openings",
        "openings_filled",
        pl.min_horizontal("filled_on", "referrals_filled_on").alias("first_filled_on"),
    )
    states = read.fact("int_vacancy_reviews__states").select("vacancy_key", "first_decided_date", "returns_or_holds")
    calendar = (
        read.prepared("dim_calendar")
        .sort("calendar_date")
        .select("calendar_date", working_day_no=col("is_working_day").cast(pl.Int64).cum_sum())
    )
    for part in (ways, days, fills, states):
        rows = rows.join(part, on="vacancy_key", how="left")
    until = pl.max_horizontal(pl.coalesce("first_decided_date", "withdrawn_on", lit(AS_OF)), "registered_date")
    rows = rows.with_columns(until.alias("until"))
    rows = rows.join(calendar, left_on="registered_date", right_on="calendar_date", how="left")
    rows = rows.join(calendar, left_on="until", right_on="calendar_date", how="left", suffix="_until")
    posted = col("posting_state") == "posted"
    answer = rows.group_by(month_of(col("registered_date")).alias("month_date"), "channel_code").agg(
        pl.len().alias("submitted"), posted.sum().alias("posted"),
        (col("posting_state") == "rejected").sum().alias("rejected"),
        (posted & (col("returns_or_holds").fill_null(0) == 0)).sum().alias("first_pass"), col("returned").sum(),
        col("held").sum(), col("first_decided_date").count().alias("decided"),
        (col("working_day_no_until") - col("working_day_no")).sum().alias("waiting_days"),
        (col("taken_down_on") <= days_after("posted_on", 30)).sum().alias("taken_down_30d"),
        col("ended_on").count().alias("closed"), col("openings").sum().alias("openings_posted"),
        col("openings_filled").sum(), col("first_filled_on").count().alias("filled"),
    )  # fmt: skip
    return answer.collect()


_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)


def wage_profile(read: Reader) -> pl.DataFrame:
    end = AS_OF.replace(day=1)
    first = end.replace(year=end.year - 2)
    sidos = read.main_sidos()
    low, high = (col(f"wage_month_{side}").cast(pl.Float64) for side in ("min", "max"))
    shown = (col("posting_state") == "posted").fill_null(False) | ~col("is_submission")
    region = col("current_sido_code").fill_null("_U").alias("region_code")
    advertised = (
        read.fact("fct_vacancies").filter((col("registered_date") >= first) & (col("registered_date") < end) & shown)
        .join(sidos, on="region_code", how="left")
        .select("scope", "occupation_code", region, wage=pl.coalesce((low + high) / 2, low, high))
        .filter(col("wage").is_not_null())
    )  # fmt: skip
    insured = (
        read.spells().filter(
            (col("acquisition_date") >= first) & (col("acquisition_date") < end) & (col("weekly_hours") >= 35)
            & (col("monthly_pay_krw") > 0) & (col("occupation_code").str.len_chars() >= 4)
        )
        .join(read.fact("dim_workplace").select("workplace_no", "region_code"), on="workplace_no", how="left")
        .join(sidos, on="region_code", how="left")
        .select(
            lit("insurance").alias("scope"), "occupation_code", region, wage=col("monthly_pay_krw").cast(pl.Float64)
        )
    )  # fmt: skip
    wages = pl.concat([advertised, insured]).collect().lazy()
    quantiles = [
        col("wage").quantile(share, interpolation="linear").round(2).alias(f"p{round(100 * share)}")
        for share in _SHARES
    ]
    answers = []
    for level in (2, 4):
        levelled = wages.with_columns(col("occupation_code").str.head(level), lit(level).alias("occupation_level"))
        for whole in (True, False):
            some = levelled.with_columns(lit("_T").alias("region_code")) if whole else levelled
            answers.append(
                some.group_by("scope", "occupation_level", "occupation_code", "region_code").agg(
                    pl.len().alias("n"), *quantiles
                )
            )
    answer = pl.concat(pl.collect_all(answers))
    least = pl.when(col("scope") == "insurance").then(10).otherwise(4)
    return answer.with_columns(
        *(pl.when(col("n") >= least).then(col(name)).alias(name) for name in ("p25", "p50", "p75")),
        *(pl.when(col("n") >= 30).then(col(name)).alias(name) for name in ("p10", "p90")),
    )
