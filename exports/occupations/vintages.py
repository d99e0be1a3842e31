"""Registrations of the last 12 months, told anew each month: a figure that with those told before would give away a
month in which few persons registered stands as it was."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from exports.disclosure.publications import COLUMNS, none
from exports.disclosure.windows import betrayed
from exports.package.spec import Package

TABLE, FIGURE, REASON = "profiles", "registrations_new_12m", "openings_per_seeker_null_reason"
#: name of the figure in the source ``publications``
TABLE_ID = f"{TABLE}_{FIGURE}"
WINDOW = 12
MONTHS = "mart_occupation_openings_monthly"
OWN = "scope = 'pes' and occupation_scheme = 'KECO'"


def settle(
    con: duckdb.DuckDBPyConnection,
    package: Package,
    published: pd.DataFrame,
    previous: Path | None,
    release_id: str,
    at: datetime,
) -> pd.DataFrame:
    """Let figures of the temp table ``profiles`` that give a month away stand as the package in ``previous`` has them,
    hidden where it has none; returns what is told anew, as rows of the source ``publications``.

    ``published``: rows of that source. Looked at are the 24 months of the mart and every figure that lies within them.
    """
    assert package.rounding is not None
    there = con.execute("select count(*) from duckdb_tables() where table_name = ?", [MONTHS]).fetchall()[0][0]
    now = con.execute(f"select occupation_code, {FIGURE} as shown from {TABLE} where {OWN} order by 1").df()
    if not there or now.empty:
        return none()
    months, periods = _months(con, list(now["occupation_code"]), at.date())
    windows = [f"{period:%Y-%m}" for period in periods[WINDOW - 1 :]]
    codes = pd.Index(now["occupation_code"])
    told, is_told = np.full((len(codes), len(windows)), np.nan), np.zeros((len(codes), len(windows)), bool)
    ours = published[(published["table_id"] == TABLE_ID) & published["time_period"].isin(windows)]
    ours = ours.sort_values(["published_at", "release_id"], kind="stable")
    row = codes.get_indexer(ours["cell_id"].str.removeprefix("occupation="))
    column = pd.Index(windows).get_indexer(ours["time_period"])
    told[row[row >= 0], column[row >= 0]] = ours["obs_value"].to_numpy(float)[row >= 0]
    is_told[row[row >= 0], column[row >= 0]] = True
    told[:, -1], is_told[:, -1] = now["shown"].astype(float), True
    gives_away = betrayed(months, told, is_told, package.rounding, package.min_persons).any(axis=1)
    _stand(con, package, list(codes[gives_away]), previous)
    record = pd.DataFrame({"cell_id": "occupation=" + codes[~gives_away], "obs_value": told[~gives_away, -1]})
    is_shown = record["obs_value"].notna()
    record = record.assign(
        release_id=release_id, table_id=TABLE_ID, time_period=windows[-1], obs_status=np.where(is_shown, "A", "M"),
        conf_status=np.where(is_shown, "F", "A"), published_date=at.date(), published_at=at,
    )  # fmt: skip
    return record[list(COLUMNS)] if len(record) else none()


def _months(con: duckdb.DuckDBPyConnection, codes: list[str], day: date) -> tuple[np.ndarray, pd.DatetimeIndex]:
    """Registrations by occupation and month of the 24 months before the month of ``day``."""
    periods = pd.date_range(end=pd.Timestamp(day).replace(day=1), periods=2 * WINDOW + 1, freq="MS")[:-1]
    counts = con.execute(
        f"select occupation_code, time_period, cast(registrations_new as double) as n from marts.{MONTHS} where {OWN}"
    ).df()
    wide = counts.pivot(index="occupation_code", columns="time_period", values="n")
    return wide.reindex(index=codes, columns=[f"{period:%Y-%m}" for period in periods]).fillna(0).to_numpy(), periods


def _stand(con: duckdb.DuckDBPyConnection, package: Package, codes: list[str], previous: Path | None) -> None:
    if not codes:
        return
    table = package.table(TABLE)
    guard = next(guard for guard in table.guards if guard.reason == REASON)
    path = previous / "tables" / f"{TABLE}.parquet" if previous else None
    before = f"read_parquet('{path}')" if path and path.is_file() else f"(from {TABLE} where false)"
    stands = f"{OWN} and list_contains(?, occupation_code)"
    values = {name: f"standing.{name}" for name in guard.hides}
    values[guard.reason] = f"case when standing.{FIGURE} is null then 'few_persons' else standing.{guard.reason} end"
    shown = ", ".join(
        f"case when {stands} then {value} else now.{name} end as {name}" for name, value in values.items()
    )
    key = ", ".join(table.key)
    con.execute(
        f"create or replace temp table {TABLE} as select now.* replace ({shown}) from {TABLE} as now"
        f" left join {before} as standing using ({key}) order by {key}",
        [codes] * len(values),
    )
