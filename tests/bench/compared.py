"""Do two engines give the same mart?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.bench.marts import MARTS
from tests.bench.measure import answer_file

#: amounts (quantiles, weighted sums) may differ by so much; whole numbers by nothing
TOLERANCE = 0.0101


def difference(mart: str, engine: str, other: str, home: Path) -> str | None:
    """What differs between two answers, or None. Their rows may come in any order."""
    first = pd.read_parquet(answer_file(engine, mart, home))
    second = pd.read_parquet(answer_file(other, mart, home))[list(first.columns)]
    keys = list(first.columns[: MARTS[mart].keys])
    first, second = (_ordered(rows, keys) for rows in (first, second))
    if not first[keys].equals(second[keys]):
        only = first[keys].merge(second[keys], how="outer", indicator=True).query("_merge != 'both'")
        return f"{len(only)} rows are in one answer only: {only.head(3).to_dict('records')}"
    for column in first.columns[len(keys) :]:
        a, b = first[column].astype(float).to_numpy(), second[column].astype(float).to_numpy()
        tolerance = 0.0 if pd.api.types.is_integer_dtype(first[column]) else TOLERANCE
        wrong = ~np.isclose(a, b, rtol=0, atol=tolerance, equal_nan=True)
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            return f"{column} differs in {wrong.sum()} rows, at {first.loc[at, keys].to_dict()}: {a[at]} and {b[at]}"
    return None


def _ordered(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = rows.assign(**{key: rows[key].astype(str) for key in keys})
    return rows.sort_values(keys, ignore_index=True)
