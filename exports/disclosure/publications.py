"""What was published before: as an input of the next protection, and as rows of the source ``publications``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from scipy import sparse

from exports.disclosure.cells import Cells
from exports.disclosure.specs import TOTAL, Family

#: CONF_STATUS of what is shown and of what is hidden (SDMX: F free, A small counts, C confidential, D secondary)
FREE, HIDDEN = "F", ("A", "C", "D")
#: columns of the source ``publications`` in the order of its contract
COLUMNS = (
    "release_id", "table_id", "cell_id", "time_period", "obs_value", "obs_status", "conf_status", "published_date",
    "published_at",
)  # fmt: skip
#: equal to the published digit
SAME = 1e-6


@dataclass(frozen=True)
class Earlier:
    """Earlier publications of one family and period.

    ``tables``: (release, table) -> cell_id, codes by dimension, obs_value (NaN where hidden), conf_status. ``pattern``:
    cells hidden in the period before, which the new pattern should resemble. ``tied``: cells that a balance with other
    publications lets hide, and which must be; None without a balance (exports/disclosure/balance.py).
    """

    tables: Mapping[tuple[str, str], pd.DataFrame]
    pattern: frozenset[str]
    tied: frozenset[str] | None = None

    @property
    def ids(self) -> set[str]:
        return {cell for frame in self.tables.values() for cell in frame["cell_id"]} | (self.tied or set())


def none() -> pd.DataFrame:
    """No publication yet."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})


def earlier(publications: pd.DataFrame, family: Family, time_period: str) -> Earlier:
    """Earlier publications out of rows of the source ``publications``."""
    ours = publications[publications["table_id"].isin([table.id for table in family.tables])]
    same = ours[ours["time_period"] == time_period]
    tables = {
        (str(release), str(table)): with_codes(family, frame)
        for (release, table), frame in same.groupby(["release_id", "table_id"])
    }
    before = ours[ours["time_period"] < time_period]
    last = before[before["time_period"] == before["time_period"].max()] if len(before) else before
    last = last[last["published_at"] == last["published_at"].max()] if len(last) else last
    return Earlier(tables, frozenset(last.loc[last["conf_status"].isin(HIDDEN), "cell_id"]))


def with_codes(family: Family, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with one column of codes per dimension, read from their cell ids."""
    frame = frame.reset_index(drop=True)
    frame["obs_value"] = frame["obs_value"].astype(float)
    for dimension in family.dimensions:
        pattern = rf"(?:^|\|){re.escape(dimension.name)}=([^|]*)"
        frame[dimension.name] = frame["cell_id"].str.extract(pattern)[0].astype(object).fillna(TOTAL)
    return frame


def newest(publications: pd.DataFrame, table_id: str) -> pd.DataFrame:
    """Of each period of a table the rows that were published last, by period and cell."""
    ours = publications[publications["table_id"] == table_id]
    order = ours.sort_values(["published_at", "release_id"], kind="stable")
    last = order.groupby("time_period")["release_id"].transform("last")
    return order[order["release_id"] == last].sort_values(["time_period", "cell_id"], ignore_index=True)


def is_known(rows: pd.DataFrame, publications: pd.DataFrame) -> bool:
    """Whether the tables of one period stand as they were published last."""
    columns = ["table_id", "time_period", "cell_id", "obs_value", "conf_status"]
    periods = publications[publications["time_period"].isin(rows["time_period"])]
    last = [newest(periods, table) for table in sorted(rows["table_id"].unique())]
    before = pd.concat(last, ignore_index=True)[columns] if last else publications[columns]
    now = rows.sort_values(["table_id", "cell_id"], ignore_index=True)[columns]
    return len(before) == len(now) and bool(
        (before[["table_id", "time_period", "cell_id", "conf_status"]].to_numpy()
         == now[["table_id", "time_period", "cell_id", "conf_status"]].to_numpy()).all()
    ) and np.allclose(before["obs_value"].astype(float), now["obs_value"], atol=SAME, equal_nan=True)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What earlier publications mean for each cell. ``status``: CONF_STATUS it was hidden with, '' if it was not.

    ``shown``: published with today's value, or told by a balance. ``sums``: sums over cells hidden then which hold with
    today's values.
    """

    status: np.ndarray
    shown: np.ndarray
    sums: sparse.csr_matrix


def known(cells: Cells, before: Earlier) -> Known:
    """A cell that was hidden stays hidden, so that two releases of one period cannot be held against each other."""
    status, shown = np.full(len(cells), "", dtype=object), np.zeros(len(cells), bool)
    index, rows = pd.Index(cells.ids), []
    for (_, table), frame in sorted(before.tables.items(), key=lambda item: item[0]):
        at = index.get_indexer(frame["cell_id"])
        then, was_hidden = np.zeros(len(cells)), np.zeros(len(cells), bool)
        value, kept = frame["obs_value"].to_numpy(float), at >= 0
        then[at[kept]] = np.nan_to_num(value[kept])
        was_hidden[at[kept]] = np.isnan(value[kept])
        told = np.zeros(len(cells), bool)
        told[at[kept]] = ~np.isnan(value[kept])
        shown |= told & (abs(then - cells.value) < SAME)
        hidden_then = kept & np.isnan(value)
        status[at[hidden_then]] = frame["conf_status"].to_numpy(object)[hidden_then]
        outside = np.ones(len(cells))
        outside[cells.tables[table]] = 0
        sums = cells.sums[np.asarray(abs(cells.sums) @ outside).ravel() == 0]
        holds = abs(sums @ np.where(was_hidden, cells.value, then)) < SAME
        rows.append(sums[holds] @ sparse.diags(was_hidden.astype(float)))
    if before.tied is not None:
        is_tied = np.isin(cells.ids, sorted(before.tied))
        status[is_tied & (status == "")] = HIDDEN[-1]
        shown |= ~is_tied
    sums = sparse.vstack(rows, format="csr") if rows else sparse.csr_matrix((0, len(cells)))
    sums.eliminate_zeros()
    return Known(status, shown, sums[np.diff(sums.indptr) > 0])


def rows(tables: Mapping[str, pd.DataFrame], release_id: str, time_period: str, published_at: datetime) -> pd.DataFrame:
    """Rows of the source ``publications`` (its contract: ``ingest/sources/publications.yml``)."""
    frames = [
        frame[["cell_id", "obs_value", "conf_status"]].assign(table_id=table) for table, frame in sorted(tables.items())
    ]
    found = pd.concat(frames, ignore_index=True).assign(
        release_id=release_id, time_period=time_period, obs_status=lambda f: np.where(f["obs_value"].isna(), "M", "A"),
        published_date=published_at.date(), published_at=published_at,
    )  # fmt: skip
    return found[list(COLUMNS)]
