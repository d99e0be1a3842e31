"""What the reference marts share: how facts are read, days, stretches and ages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
from polars import col, lit

from tests.bench.facts import AS_OF

Lazy = pl.LazyFrame
FAR = date(9999, 12, 31)
_AGE_BANDS = (("Y_LT30", 0, 30), ("Y30T39", 30, 40), ("Y40T49", 40, 50), ("Y50T59", 50, 60), ("Y_GE60", 60, 200))


class Reader:
    def __init__(self, facts: Path, home: Path) -> None:
        self._facts, self._home = facts, home

    def fact(self, name: str) -> Lazy:
        return pl.scan_parquet(self._facts / name / "*.parquet")

    def prepared(self, name: str) -> Lazy:
        return pl.scan_parquet(self._home / f"{name}.parquet")

    def spells(self) -> Lazy:
        """Headline spells that cover at least one day."""
        return self.fact("fct_insured_spells").filter(col("is_headline") & ~col("is_inverted"))

    def sidos(self) -> Lazy:
        return self.prepared("int_sidos__current").with_columns(col("weight").cast(pl.Float64))

    def main_sidos(self) -> Lazy:
        """Current province by district, the one that got most of it."""
        sidos = self.sidos().sort(["weight", "current_sido_code"], descending=[True, False])
        return sidos.unique("region_code", keep="first", maintain_order=True).select("region_code", "current_sido_code")


def month_of(column: pl.Expr) -> pl.Expr:
    return column.dt.truncate("1mo")


def days_after(column: str, days: int) -> pl.Expr:
    return col(column) + pl.duration(days=days)


def days_between(later: pl.Expr, earlier: pl.Expr) -> pl.Expr:
    return (later - earlier).dt.total_days()


def stretched(jobs: Lazy, keys: Sequence[str], first: Sequence[str] = ()) -> Lazy:
    """Jobs with equal keys that touch or overlap, as one stretch. ``first`` are columns that depend on the keys."""
    ordered = jobs.sort([*keys, "from_date", "to_date"])
    reached = col("to_date").cum_max().shift(1).over(keys)
    starts = ordered.with_columns((reached.is_null() | (col("from_date") > reached)).alias("starts"))
    stretches = starts.with_columns(col("starts").cum_sum().alias("stretch_no"))
    return stretches.group_by("stretch_no").agg(
        *(col(name).first() for name in (*keys, *first, "from_date")), col("to_date").max()
    )


def january_of(age: int) -> pl.Expr:
    return pl.date((col("birth_year").cast(pl.Int32) + age).clip(1, 9999), 1, 1)


def by_age(persons: Lazy) -> Lazy:
    known_until = pl.min_horizontal(days_after("to_date", -1), pl.max_horizontal(lit(AS_OF), col("from_date")))
    born = col("birth_year").cast(pl.Int32)
    unknown = persons.filter(born.is_null()).select(
        lit("_U").alias("code"), "from_date", "to_date", lit(True).alias("is_entry"), lit(True).alias("is_exit")
    )
    bands = [unknown]
    for code, from_age, to_age in _AGE_BANDS:
        inside = (col("from_date").dt.year() < born + to_age) & (known_until.dt.year() >= born + from_age)
        begin = pl.max_horizontal("from_date", january_of(from_age))
        end = pl.min_horizontal("to_date", january_of(to_age))
        bands.append(
            persons.filter(inside).select(
                lit(code).alias("code"), begin.alias("from_date"), end.alias("to_date"),
                (begin == col("from_date")).alias("is_entry"), (end == col("to_date")).alias("is_exit"),
            )
        )  # fmt: skip
    return pl.concat(bands)


def first_jobs(read: Reader) -> tuple[Lazy, Lazy, Lazy]:
    """Episodes, the first job after the start of each, and the job before."""
    episodes = read.fact("int_episodes__described").select("episode_no", "person_key", "person_id", "start_date")
    spells = read.spells().select(
        "person_id", "spell_no", "workplace_no", "acquisition_date", "loss_date", "monthly_pay_krw", "contract_end_ym"
    )
    jobs = episodes.select("episode_no", "person_id", "start_date").join(
        spells.select("person_id", "acquisition_date"), on="person_id"
    )
    is_after = col("acquisition_date") > col("start_date")
    turns = jobs.group_by("episode_no", "person_id").agg(
        col("acquisition_date").filter(is_after).min().alias("first"),
        col("acquisition_date").filter(~is_after).max().alias("previous"),
    ).filter(col("first").is_not_null()).collect().lazy()  # fmt: skip
    at_first = turns.join(spells, left_on=["person_id", "first"], right_on=["person_id", "acquisition_date"])
    found = at_first.rename({"first": "acquisition_date"}).drop("previous")
    found = found.sort("spell_no").unique("episode_no", keep="first", maintain_order=True)
    employers = read.fact("dim_workplace").select("workplace_no", "business_no")
    found = found.join(employers, on="workplace_no", how="left").with_columns(
        pl.coalesce("business_no", "workplace_no").alias("employer_no")
    )
    before = turns.filter(col("previous").is_not_null()).join(
        spells, left_on=["person_id", "previous"], right_on=["person_id", "acquisition_date"]
    )
    previous = (
        before.sort("spell_no", descending=True)
        .unique("episode_no", keep="first", maintain_order=True)
        .select("episode_no", previous_pay="monthly_pay_krw")
    )
    return episodes, found, previous
