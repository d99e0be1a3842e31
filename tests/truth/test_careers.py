"""Career breaks and returns recounted from the jobs of each person, one person after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import pytest

from sandbox.nation.generate import BirthBreaks, generate
from tests.truth.conftest import Told, View
from tests.truth.recompute import TOTAL, insured_jobs

pytestmark = pytest.mark.xdist_group("truth")

BREAK = pd.Timedelta(days=180)


def band(age: int) -> str:
    if age < 20:
        return "Y_LT20"
    return "Y_GE65" if age >= 65 else f"Y{age // 5 * 5}T{age // 5 * 5 + 4}"


Cell = tuple[int, str, str]


def recount(
    truth: Path, as_of: date, years: list[int]
) -> tuple[Counter[tuple[int, str, str, str]], dict[Cell, list[int]]]:
    """Persons, exits, breaks and returns by (year, sex, age group, what), and the days away of those who are back."""
    today = pd.Timestamp(as_of)
    jobs = insured_jobs(truth, as_of)
    jobs = jobs[(jobs["end"].isna() | (jobs["end"] > jobs["begin"])) & (jobs["begin"] <= today)]
    counts: Counter[tuple[int, str, str, str]] = Counter()
    away: dict[Cell, list[int]] = {}

    def add(year: int, who: tuple[str, int], what: str, days: int | None = None) -> None:
        sex, born = who
        for cell in {(s, a) for s in (sex, TOTAL) for a in (band(year - born), TOTAL)}:
            counts[(year, *cell, what)] += 1
            if days is not None:
                away.setdefault((year, *cell), []).append(days)

    jobs["end"] = jobs["end"].fillna(pd.Timestamp("2200-01-01"))
    people: dict[int, list[Any]] = {}
    for job in jobs.sort_values("begin").itertuples():
        people.setdefault(job.person_id, []).append(job)
    for mine in people.values():
        who = (mine[0].sex, int(mine[0].born))
        stays: list[list[pd.Timestamp]] = []
        for begin, end in ((job.begin, job.end) for job in mine):
            if stays and begin <= stays[-1][1]:
                stays[-1][1] = max(end, stays[-1][1])
            else:
                stays.append([begin, end])
        for year in years:
            day = min(pd.Timestamp(year, 12, 31), today)
            if stays[0][0] <= day:
                add(year, who, "ever_insured")
            if any(begin <= day < end for begin, end in stays):
                add(year, who, "insured_stock")
        for (_, left), later in zip(stays, [*stays[1:], None], strict=True):
            back = later[0] if later else None
            if left > today:
                continue
            year = (left - pd.Timedelta(days=1)).year
            is_break = (back or today) - left >= BREAK
            if left + BREAK <= today:
                add(year, who, "exits_followed")
                if is_break:
                    add(year, who, "breaks")
            for months, days in ((12, 365), (36, 1095)):
                if is_break and left + pd.Timedelta(days=days) <= today:
                    add(year, who, f"breaks_followed_{months}m")
                    if back is not None and back - left <= pd.Timedelta(days=days):
                        add(year, who, f"returns_{months}m")
            if back is not None and is_break:
                add(back.year, who, "returns", (back - left).days)
    return counts, away


def test_breaks_and_returns(view: View) -> None:
    years = sorted(view.breaks["ref_year"].unique())
    counts, away = recount(view.truth, view.as_of, years)
    names = ["insured_stock", "ever_insured", "exits_followed", "breaks", "breaks_followed_12m", "returns_12m",
             "breaks_followed_36m", "returns_36m", "returns"]  # fmt: skip
    shown = view.breaks.set_index(["ref_year", "sex", "age_group_5y"])
    expected = {key: n for key, n in counts.items() if key[0] in years}
    assert shown[names].notna().all(axis=None)
    published = {(*cell, name): int(n) for name in names for cell, n in shown[name].items() if n}
    assert published == expected
    for cell, row in shown.iterrows():
        if cell in away:
            assert float(row["break_days_median"]) == pytest.approx(median(away[cell]))
        else:
            assert pd.isna(row["break_days_median"]) and "break_days_median=no_return" in row["null_reason"]
        for rate, above, below in (("break_share_of_exits", "breaks", "exits_followed"),
                                   ("return_rate_12m", "returns_12m", "breaks_followed_12m"),
                                   ("return_rate_36m", "returns_36m", "breaks_followed_36m"),
                                   ("insured_share_of_ever_insured", "insured_stock", "ever_insured")):  # fmt: skip
            if row[below]:
                assert float(row[rate]) == pytest.approx(row[above] / row[below], abs=1e-9)
            else:
                assert pd.isna(row[rate]) and rate in row["null_reason"]
    assert view.breaks["returns"].sum() > 0 and len(years) >= 4
    december = view.trends.query("indicator == 'insured_stock' and breakdown_type == 'sex'").set_index(
        ["time_period", "sex"]
    )["value"]
    for (year, sex, age), row in shown.iterrows():
        if age == TOTAL and sex != TOTAL and (f"{year}-12", sex) in december:
            assert row["insured_stock"] == int(december[f"{year}-12", sex])


def dip(insured: Mapping[tuple[int, str, str, str], int], sex: str) -> float:
    """How much fewer of those who were ever insured hold a job in their thirties than in the fifteen years from 45."""

    def share(*bands: str) -> float:
        stock, ever = (
            sum(insured[year, sex, age, what] for year in range(2022, 2026) for age in bands)
            for what in ("insured_stock", "ever_insured")
        )
        return stock / ever

    return share("Y45T49", "Y50T54", "Y55T59") - share("Y30T34", "Y35T39")


def test_the_insured_share_of_women_dips_in_their_thirties(told: Told, tmp_path: Path) -> None:
    """The M by age comes from breaks at a birth alone: without them the same nation has none, and men never have."""
    mart = told.latest.breaks.set_index(["ref_year", "sex", "age_group_5y"])[["insured_stock", "ever_insured"]]
    shown = {(*cell, what): int(n) for what in mart for cell, n in mart[what].items()}
    facts = told.street.generate()
    generate(tmp_path, facts["persons"], facts["seed"], births=BirthBreaks(break_share=0.0))
    without, _ = recount(tmp_path / "truth", told.latest.as_of, sorted(set(mart.index.get_level_values(0))))
    assert dip(shown, "F") > 0.05 > 0.03 > dip(without, "F")
    assert dip(shown, "M") == pytest.approx(dip(without, "M"))
