"""Builds a warehouse from handmade landing rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dbt_project.build import BuildPlan, dbt, dbt_work
from dbt_project.deliveries import DELIVERY_SHAPES
from dbt_project.judged import CODING_SHAPE, VETTING_SHAPES
from dbt_project.links import LINKED_SHAPES
from ingest.registry import Source, sources_of
from lmi.core.settings import load_settings
from validation.vetting.rules import load_rules

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
TECHNICAL = {
    "_source": "VARCHAR", "_load_id": "VARCHAR", "_delivery_date": "DATE", "_page": "BIGINT", "_row": "BIGINT",
    "_record_hash": "VARCHAR",
}  # fmt: skip
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def _fill(con: duckdb.DuckDBPyConnection, source: Source, rows: Sequence[Mapping[str, Any]]) -> None:
    types = {c.name: c.duckdb_type for c in source.landed_columns} | TECHNICAL
    con.execute(f"create table landing.{source.id} ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
    if unknown := {name for row in rows for name in row} - set(types):
        raise KeyError(f"{source.id} has no columns {unknown}")
    for number, row in enumerate(rows):
        full = {"_source": source.id, "_load_id": "x", "_row": number, "_record_hash": f"{number:08d}"} | dict(row)
        full.setdefault("_delivery_date", full.get("received_date", "2026-10-01"))
        names = ", ".join(full)
        con.execute(
            f"insert into landing.{source.id} ({names}) values ({', '.join('?' * len(full))})", list(full.values())
        )
    con.execute(
        f"insert into landing._loads select '{source.id}', 'x', _delivery_date, 'complete', count(*)"
        f" from landing.{source.id} group by _delivery_date"
    )


def _fill_written(con: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    for table, shape in (VETTING_SHAPES | LINKED_SHAPES | DELIVERY_SHAPES | {"_coded_titles": CODING_SHAPE}).items():
        columns = ", ".join(f"{name} {kind}" for name, kind in shape.items())
        con.execute(f"create table landing.{table} ({columns})")
        for row in rows.get(table, []):
            con.execute(
                f"insert into landing.{table} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
                list(row.values()),
            )


def build(folder: Path, as_of: date, rows: Rows, *arguments: str, only: Sequence[str] | None = None) -> Path:
    """One ``dbt`` run (``build`` unless told otherwise) on these rows; ``only`` names the sources of the profile.

    Returns the DuckDB file. Raises AssertionError with dbt's output when it fails.
    """
    sources = sources_of("sandbox")
    warehouse = folder / f"{as_of:%Y%m%d}" / "warehouse.duckdb"
    warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(warehouse)) as con:
        con.execute("set timezone = 'Asia/Seoul'")
        con.execute("create schema landing")
        con.execute("create table landing._release as select ?::date as as_of", [as_of])
        con.execute(
            "create table landing._loads (source_id varchar, load_id varchar, delivery_date date,"
            " delivery_status varchar, rows bigint)"
        )
        for source in sources.values():
            _fill(con, source, rows.get(source.id, []))
        _fill_written(con, rows)
    profile = {source.id: source for source in sources.values() if only is None or source.id in only}
    plan = BuildPlan(as_of, "by hand", profile, {}, [], [], load_rules(), [], [])
    settings = load_settings({}, home=folder)
    done = dbt(settings, plan, warehouse, dbt_work(warehouse.parent), *(arguments or ("build",)))
    assert done.ok, done.log.read_text("utf-8")[-4000:]
    return warehouse
