"""Insured persons: the monthly stock, and moves between jobs."""

from __future__ import annotations

import polars as pl
from polars import col, lit

from tests.bench.in_polars.reading import FAR, Lazy, Reader, by_age, days_after, month_of, stretched


def _changes(segments: Lazy, breakdown: str) -> Lazy:
    """Change of the stock, entries and exits by code and month."""
    names = segments.collect_schema().names()
    weight = col("weight") if "weight" in names else lit(1.0)
    entry = weight * col("is_entry") if "is_entry" in names else weight
    leave = weight * col("is_exit") if "is_exit" in names else weight
    begun = segments.group_by("code", month_of(col("from_date")).alias("month_date")).agg(
        weight.sum().alias("change") if "weight" in names else pl.len().cast(pl.Float64).alias("change"),
        entry.sum().alias("entries") if len(names) > 3 else pl.len().cast(pl.Float64).alias("entries"),
        lit(0.0).alias("exits"),
    )
    ended = (
        segments.filter(col("to_date") < FAR)
        .group_by("code", month_of(col("to_date")).alias("month_date"))
        .agg(
            -weight.sum().alias("change") if "weight" in names else -pl.len().cast(pl.Float64).alias("change"),
            lit(0.0).alias("entries"),
            leave.sum().alias("exits") if len(names) > 3 else pl.len().cast(pl.Float64).alias("exits"),
        )
    )
    both = pl.concat([begun, ended]).group_by("code", "month_date").agg(pl.all().sum())
    return both.select(lit(breakdown).alias("breakdown_type"), "code", "month_date", "change", "entries", "exits")


def monthly_stock(read: Reader) -> pl.DataFrame:
    places = read.fact("dim_workplace").select("workplace_no", "region_code", "industry_section")
    places = places.join(read.sidos(), on="region_code", how="left")
    jobs = read.spells().join(places, on="workplace_no", how="left").select(
        "person_id", "sex", "birth_year", col("acquisition_date").alias("from_date"),
        col("loss_date").fill_null(FAR).alias("to_date"),
        col("current_sido_code").fill_null("_U").cast(pl.Categorical).alias("sido"),
        col("industry_section").fill_null("_U").cast(pl.Categorical).alias("section"),
        col("weight").fill_null(1.0),
    ).collect().lazy()  # fmt: skip
    # a person has one sex and one year of birth
    persons = stretched(jobs, ["person_id"], ["sex", "birth_year"]).collect().lazy()
    regions = stretched(jobs, ["person_id", "sido"], ["weight"])
    industries = stretched(jobs, ["person_id", "section"])
    text = pl.String
    parts = [
        _changes(persons.select(col("sex").alias("code"), "from_date", "to_date"), "sex"),
        _changes(by_age(persons), "age_group"),
        _changes(regions.select(col("sido").cast(text).alias("code"), "from_date", "to_date", "weight"), "region"),
        _changes(industries.select(col("section").cast(text).alias("code"), "from_date", "to_date"), "industry"),
    ]
    changes = pl.concat(pl.collect_all(parts))
    total = (
        changes.filter(col("breakdown_type") == "sex")
        .group_by("month_date")
        .agg(col("change", "entries", "exits").sum())
    )
    total = total.select(lit("total").alias("breakdown_type"), lit("_T").alias("code"), pl.all())
    changes = pl.concat([changes, total])
    months = read.prepared("int_months__spine").filter("is_insurance_month").select("month_date").collect()
    cells = ["breakdown_type", "code"]
    first = months["month_date"].min()
    opening = changes.filter(col("month_date") < first).group_by(cells).agg(col("change").sum().alias("opening"))
    filled = (
        changes.select(cells).unique().join(months, how="cross")
        .join(changes, on=[*cells, "month_date"], how="left").join(opening, on=cells, how="left").fill_null(0.0)
        .sort([*cells, "month_date"])
    )  # fmt: skip
    stock = col("opening") + col("change").cum_sum().over(cells)
    return filled.select(*cells, "month_date", stock.alias("stock"), "entries", "exits")


def job_moves(read: Reader) -> pl.DataFrame:
    jobs = (
        read.spells()
        .filter(col("occupation_code").str.len_chars() >= 4)
        .select(
            "spell_no",
            "person_id",
            "occupation_code",
            "acquisition_date",
            col("loss_date").fill_null(FAR),
            "monthly_pay_krw",
        )
    )
    spine = read.prepared("int_months__spine").filter((col("status") == "F") & col("is_insurance_month"))
    reported_until = pl.Series(spine.select(col("month_end_date").max()).collect()["month_end_date"])
    first = reported_until.dt.offset_by("-36mo").dt.offset_by("-179d")[0]
    last = reported_until.dt.offset_by("-180d")[0]
    ended = jobs.filter(col("loss_date").is_between(first, last)).with_row_index("ended_no")
    later = (
        ended.select("ended_no", "person_id", left="loss_date", left_no="spell_no").join(jobs, on="person_id")
        .filter(
            (col("spell_no") != col("left_no"))
            & (col("acquisition_date") <= days_after("left", 180))
            & (col("loss_date") > col("left"))
        )
        .with_columns(pl.max_horizontal("acquisition_date", "left").alias("held_from"))
    )  # fmt: skip
    following = later.group_by("ended_no").agg(
        col("occupation_code", "monthly_pay_krw")
        .sort_by("held_from", "acquisition_date", "spell_no")
        .first()
        .name.suffix("_next")
    )
    before, after = col("monthly_pay_krw").replace(0, None), col("monthly_pay_krw_next").replace(0, None)
    moves = ended.join(following, on="ended_no", how="left").select(
        col("occupation_code").str.head(2).alias("from_group"),
        col("occupation_code_next").str.head(2).fill_null("LEFT").alias("to_group"),
        (100.0 * after / before - 100).alias("change"),
    )
    answer = moves.group_by("from_group", "to_group").agg(
        pl.len().alias("moves"),
        col("change").count().alias("wages"),
        col("change").median().round(2).alias("wage_change"),
    )
    return answer.collect()
