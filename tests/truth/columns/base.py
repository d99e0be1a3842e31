"""What is the same for the columns of several marts."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.truth import occupations
from tests.truth.conftest import View
from tests.truth.sources import Loads, accepted

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"
DAY = pd.Timedelta(days=1)
Expected = dict[str, Any]
OF: dict[str, Callable[[View, pd.DataFrame], Expected]] = {}


def of(*marts: str) -> Callable[[Any], Any]:
    def put(function: Callable[[View, pd.DataFrame], Expected]) -> Callable[[View, pd.DataFrame], Expected]:
        for mart in marts:
            OF[mart] = function
        return function

    return put


@cache
def seed(name: str, key: str) -> pd.DataFrame:
    """A catalogue by one of its columns; a code may come twice with its history, the last one counts."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = pd.DataFrame(list(csv.DictReader(lines)))
    return rows.drop_duplicates(key, keep="last").set_index(key)


def told(codes: pd.Series, name: str, key: str, column: str) -> pd.Series:
    """What a catalogue says of each code; nothing of a code that it does not hold, or with an empty cell."""
    return codes.map(seed(name, key)[column]).replace("", None)


def named(codes: pd.Series, prefix: str) -> Expected:
    return {f"{prefix}_{language}": told(codes, "occupations", "occupation_code", f"name_{language}")
            for language in ("ko", "en")}  # fmt: skip


def korean(rows: pd.DataFrame, code: str = "occupation_code") -> Expected:
    """Market of the nation: one country and one catalogue of occupations, whose level is the length of its codes."""
    same = {"country": "KR", "occupation_scheme": "KECO", "occupation_level": rows[code].str.len()}
    return {column: value for column, value in same.items() if column in rows}


def grades(n: pd.Series) -> list[str | None]:
    return [occupations.grade(each) for each in n.fillna(0)]


def bounds(k: pd.Series, n: pd.Series, sign: int) -> pd.Series:
    """Wilson's lower (-1) or upper (1) bound of each share."""
    k, n, z = k.astype(float), n.astype(float).where(n != 0), 1.96
    return (k + z * z / 2 + sign * z * np.sqrt((k * (n - k) / n + z * z / 4).clip(lower=0))) / (n + z * z)


def over(above: pd.Series, below: pd.Series) -> pd.Series:
    return above.astype(float) / below.astype(float).where(below.astype(float) != 0)


def since(view: View, months: int) -> pd.Timestamp:
    """First day of the month so many before the present one."""
    return (pd.Period(view.as_of, "M") - months).start_time


def accepted_or_none(view: View, source: str, key: str | list[str], *columns: str) -> pd.DataFrame:
    """Records of a source as they were accepted last; none where it does not deliver."""
    loads = Loads(view.settings, view.as_of)
    keys = [key] if isinstance(key, str) else key
    return accepted(loads, source, keys, *columns) if source in loads.latest() else pd.DataFrame(
        columns=[*keys, *columns], dtype=object)  # fmt: skip


def first_day(period: str) -> pd.Timestamp:
    """Of a day, month, quarter, year or programme year, as the marts name them."""
    return pd.Timestamp(f"{period[2:]}-07-01") if period.startswith("PY") else pd.Period(period).start_time


def reasons(rows: pd.DataFrame, of_column: dict[str, str]) -> pd.Series:
    """Why each of these columns that has no value has none, one after the other; nothing when all have one."""
    told = [np.where(rows[column].isna(), f"{column}={reason} ", "") for column, reason in of_column.items()]
    return pd.Series(["".join(parts).strip() or None for parts in zip(*told, strict=True)], index=rows.index)
