"""The protected tables of one release as files, with their log and the record of what was published."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from exports.disclosure import publications
from exports.disclosure.protect import protect
from exports.disclosure.specs import Family

#: what was hidden, by which rule, with which parameters; no value
LOG = "disclosure.json"
#: the source ``publications`` takes it from the drop folder
RECORD = "publications_{date}.parquet"


def export(
    con: duckdb.DuckDBPyConnection,
    families: Iterable[Family],
    published: pd.DataFrame,
    folder: Path,
    release_id: str,
    published_at: datetime,
) -> list[dict[str, Any]]:
    """Protect, audit and write every table of ``families`` into ``folder``; returns the log.

    The relation of a family has a column ``time_period``; each period is protected by itself, in their order, with
    ``published`` (rows of the source ``publications``) and the periods before it as what an outsider knows. Writes one
    Parquet file per table, ``LOG`` and ``RECORD``. Raises AuditFailed before anything is written.
    """
    logs: list[dict[str, Any]] = []
    tables: dict[str, list[pd.DataFrame]] = {}
    record = []
    for family in families:
        known = published
        for period in _periods(con, family):
            con.execute(
                f"create or replace temp table disclosure_period as from {family.relation} where time_period = ?",
                [period],
            )
            result = protect(con, family, "disclosure_period", publications.earlier(known, family, period))
            result.finding.require()
            logs.append({"time_period": period, **result.log})
            rows = publications.rows(result.tables, release_id, period, published_at)
            known = pd.concat([known, rows], ignore_index=True) if len(known) else rows
            record.append(rows)
            for table, frame in result.tables.items():
                tables.setdefault(table, []).append(_with_concepts(family, frame, period))
    folder.mkdir(parents=True, exist_ok=True)
    for table, frames in tables.items():
        _write(con, pd.concat(frames, ignore_index=True), folder / f"{table}.parquet", "all")
    if record:
        path = folder / RECORD.format(date=published_at.date().isoformat())
        _write(con, pd.concat(record, ignore_index=True), path, "table_id, time_period, cell_id")
    text = json.dumps({"release_id": release_id, "families": logs}, ensure_ascii=False, indent=1)
    (folder / LOG).write_text(text + "\n", "utf-8")
    return logs


def _periods(con: duckdb.DuckDBPyConnection, family: Family) -> list[str]:
    found = con.execute(f"select distinct cast(time_period as varchar) from {family.relation} order by 1").fetchall()
    return [str(row[0]) for row in found]


def _with_concepts(family: Family, frame: pd.DataFrame, period: str) -> pd.DataFrame:
    """Columns by their SDMX concepts; hidden values are NULL."""
    names = {d.name: d.concept for d in family.dimensions} | {"obs_value": "OBS_VALUE", "conf_status": "CONF_STATUS"}
    found = frame.drop(columns="cell_id").rename(columns=names)
    found.insert(0, "TIME_PERIOD", period)
    return found


def _write(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, path: Path, order: str) -> None:
    con.register("disclosure_out", frame)
    value = next(column for column in frame.columns if column.lower() == "obs_value")
    con.execute(
        f"copy (select * replace (case when isnan({value}) then null else {value} end as {value}) from disclosure_out"
        f" order by {order}) to '{path}' (compression zstd)"
    )
    con.unregister("disclosure_out")
