"""Each column of a mart that is no figure of its own follows from the figures, the catalogues or the deliveries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.truth import columns
from tests.truth.conftest import View

pytestmark = pytest.mark.xdist_group("truth")


def unlike(published: pd.Series, expected: Any) -> list[tuple[int, Any, Any]]:
    """Rows in which the two differ: numbers by more than the last digit that is kept, nothing from something."""
    found = published.reset_index(drop=True)
    values = [expected] * len(found) if pd.api.types.is_scalar(expected) else expected
    wanted = pd.Series(
        list(values) if isinstance(values, pd.Series | np.ndarray) and values.dtype == object else values
    )
    wanted = wanted.reset_index(drop=True)
    assert len(wanted) == len(found)
    nothing = found.isna() & wanted.isna()
    if pd.api.types.is_numeric_dtype(found) and not pd.api.types.is_bool_dtype(found):
        both = (each.astype("Float64").to_numpy(float, na_value=np.nan) for each in (found, wanted))
        same = pd.Series(np.isclose(*both, rtol=1e-8, atol=1e-8))
    elif pd.api.types.is_datetime64_dtype(found):
        same = found == pd.to_datetime(wanted)
    elif wanted.map(type).eq(list).any():
        same = pd.Series([one is not None and list(one) == other for one, other in zip(
            found.where(found.notna(), None), wanted, strict=True)])  # fmt: skip
    else:
        same = found.astype(object) == wanted.astype(object)
    wrong = np.flatnonzero(~(same.fillna(False).astype(bool) | nothing))
    return [(n, found.iloc[n], wanted.iloc[n]) for n in wrong[:5]]


@pytest.mark.parametrize("mart", columns.OF)
def test_columns_beside_the_figures(view: View, mart: str) -> None:
    rows = view.mart(mart)
    for name, expected in columns.OF[mart](view, rows).items():
        assert unlike(rows[name], expected) == [], (mart, name)


@pytest.mark.parametrize("mart", [mart for mart in columns.OF if mart not in columns.WITHOUT_PERIOD])
def test_a_period_begins_on_its_first_day(view: View, mart: str) -> None:
    pairs = view.mart(mart)[["time_period", "ref_period"]].drop_duplicates()
    assert unlike(pairs["ref_period"], pairs["time_period"].map(columns.first_day, na_action="ignore")) == []
