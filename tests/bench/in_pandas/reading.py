"""What the reference marts share: how facts are read, days, stretches and ages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.bench.facts import AS_OF

Frame = pd.DataFrame
FAR = 2_932_896  # 9999-12-31
_AGE_BANDS = (("Y_LT30", 0, 30), ("Y30T39", 30, 40), ("Y40T49", 40, 50), ("Y50T59", 50, 60), ("Y_GE60", 60, 200))


class Reader:
    def __init__(self, facts: Path, home: Path) -> None:
        self._facts, self._home = facts, home

    def fact(self, name: str, columns: str) -> Frame:
        return _frame(pq.read_table(self._facts / name, columns=columns.split()))

    def prepared(self, name: str) -> Frame:
        return _frame(pq.read_table(self._home / f"{name}.parquet"))

    def spells(self, columns: str) -> Frame:
        """Headline spells that cover at least one day."""
        spells = self.fact("fct_insured_spells", f"{columns} is_headline is_inverted")
        return spells.loc[spells.pop("is_headline") & ~spells.pop("is_inverted")]

    def workplaces(self, columns: str) -> Frame:
        return self.fact("dim_workplace", f"workplace_no {columns}")

    def main_sidos(self) -> pd.Series:
        """Current province by district, the one that got most of it."""
        sidos = self.prepared("int_sidos__current")
        sidos = sidos.sort_values(["weight", "current_sido_code"], ascending=[False, True])
        return sidos.drop_duplicates("region_code").set_index("region_code")["current_sido_code"]


def _frame(table: pa.Table) -> Frame:
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_date32(field.type):
            table = table.set_column(place, field.name, pc.fill_null(column.cast(pa.int32()), FAR))
        elif pa.types.is_decimal(field.type):
            table = table.set_column(place, field.name, column.cast(pa.float64()))
    return table.to_pandas()


def whole_days(day: object) -> int:
    return int(np.datetime64(str(day), "D").astype(int))


def month_of(days: pd.Series) -> pd.Series:
    """Months since 1970."""
    return pd.Series(days.to_numpy().astype("M8[D]").astype("M8[M]").astype(np.int32), index=days.index)


def year_of(days: pd.Series) -> pd.Series:
    return pd.Series(days.to_numpy().astype("M8[D]").astype("M8[Y]").astype(np.int32) + 1970, index=days.index)


def january_of(years: pd.Series) -> pd.Series:
    return pd.Series((years.to_numpy() - 1970).astype("M8[Y]").astype("M8[D]").astype(np.int32), index=years.index)


def dated(months: pd.Series) -> pd.Series:
    return pd.Series(months.to_numpy().astype("M8[M]").astype("M8[D]").astype("M8[s]"), index=months.index)


def stretched(jobs: Frame, keys: Sequence[str]) -> Frame:
    """Jobs with equal keys that touch or overlap, as one stretch."""
    jobs = jobs.sort_values([*keys, "from_date", "to_date"], ignore_index=True)
    starts = np.zeros(len(jobs), bool)
    starts[0] = True
    for key in keys:
        values = jobs[key].to_numpy()
        starts[1:] |= values[1:] != values[:-1]
    reached = jobs["to_date"].groupby(np.cumsum(starts)).cummax().to_numpy()
    starts[1:] |= jobs["from_date"].to_numpy()[1:] > reached[:-1]
    first = np.flatnonzero(starts)
    merged = jobs.loc[first, [*keys, "from_date"]].reset_index(drop=True)
    merged["to_date"] = np.maximum.reduceat(jobs["to_date"].to_numpy(), first)
    if "weight" in jobs:
        merged["weight"] = np.maximum.reduceat(jobs["weight"].to_numpy(), first)
    return merged


def by_age(persons: Frame) -> Frame:
    known_until = np.minimum(persons["to_date"] - 1, np.maximum(whole_days(AS_OF), persons["from_date"]))
    from_year, until_year = year_of(persons["from_date"]), year_of(known_until)
    born = persons["birth_year"]
    unknown = persons.loc[born.isna(), ["from_date", "to_date"]].assign(code="_U", is_entry=1, is_exit=1)
    bands = [unknown]
    for code, from_age, to_age in _AGE_BANDS:
        inside = (from_year < born + to_age) & (until_year >= born + from_age)
        some = persons.loc[inside, ["from_date", "to_date"]]
        years = born[inside].astype(np.int32)
        begin = np.maximum(some["from_date"], january_of(years + from_age))
        end = np.minimum(some["to_date"], january_of(years + to_age))
        bands.append(
            pd.DataFrame({
                "code": code, "from_date": begin, "to_date": end,
                "is_entry": (begin == some["from_date"]) * 1, "is_exit": (end == some["to_date"]) * 1,
            })
        )  # fmt: skip
    return pd.concat(bands, ignore_index=True)


def first_jobs(read: Reader) -> tuple[Frame, Frame, Frame]:
    """Episodes, the first job after the start of each, and the job before."""
    episodes = read.fact("int_episodes__described", "episode_no person_key person_id start_date")
    spells = read.spells("person_id spell_no workplace_no acquisition_date loss_date monthly_pay_krw contract_end_ym")
    jobs = episodes[["episode_no", "person_id", "start_date"]].merge(
        spells[["person_id", "spell_no", "acquisition_date"]].assign(row=np.arange(len(spells))), on="person_id"
    )
    jobs = jobs.sort_values(["episode_no", "acquisition_date", "spell_no"])
    is_after = jobs["acquisition_date"] > jobs["start_date"]
    first = jobs[is_after].drop_duplicates("episode_no")[["episode_no", "row"]]
    previous = jobs[~is_after].drop_duplicates("episode_no", keep="last")[["episode_no", "row"]]
    previous = previous.assign(previous_pay=spells["monthly_pay_krw"].to_numpy()[previous["row"]])
    found = spells.iloc[first["row"]].reset_index(drop=True).assign(episode_no=first["episode_no"].to_numpy())
    employers = read.workplaces("business_no")
    found = found.merge(employers, on="workplace_no", how="left")
    found["employer_no"] = found["business_no"].fillna(found["workplace_no"])
    return episodes, found, previous
